"""What a benchmark runs in: the programs, the folder for its files, and labs."""

import json
import os
import shutil
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


class Setting:
    """etcd      the folder that holds etcd, etcdctl and perhaps etcdutl
    quorate, etcdctl, etcdutl   paths of programs
    work      a folder for files, gone afterwards
    env       for every process
    runs      how often each side of a pair runs
    args      what was given on the command line"""

    def __init__(self, args):
        self.args = args
        self.runs = args.runs
        self.etcd = args.etcd or newest_etcd()
        self.etcdctl, self.etcdutl = (os.path.join(self.etcd, name)
                                      for name in ("etcdctl", "etcdutl"))
        self.quorate = os.path.join(ROOT, "build", "release", "quorate")
        self.work = os.path.abspath(args.work or os.path.join(ROOT, "build", "bench"))
        os.makedirs(self.work, exist_ok=True)
        self.env = {k: v for k, v in os.environ.items() if not k.startswith("ETCDCTL_")}
        self.env.update(QUORATE_STATE=os.path.join(self.work, "state"), ETCDCTL_API="3")
        self.labs = []

    def run(self, *argv):
        """Runs quorate and returns its standard output; a failure ends the program."""
        return self.run_program(self.quorate, *argv)

    def run_program(self, *argv):
        result = subprocess.run(argv, env=self.env, capture_output=True, text=True)
        if result.returncode != 0:
            sys.exit(f"{' '.join(argv)}: {result.stderr}")
        return result.stdout

    def lab_up(self, name, *options):
        """Starts a lab of this etcd and returns its endpoints, comma-separated."""
        self.labs.append(name)
        self.run("lab", "up", "--name", name, "--etcd", self.etcd, *options)
        status = json.loads(self.run("lab", "status", "--name", name, "-w", "json"))
        return ",".join(member["clientUrl"] for member in status["members"])

    def lab_down(self, name):
        self.run("lab", "down", "--name", name)
        self.labs.remove(name)

    def as_etcdutl(self):
        """quorate under that name: for the words that are etcdutl's alone."""
        link = os.path.join(self.work, "etcdutl")
        if not os.path.islink(link):
            os.symlink(self.quorate, link)
        return link

    def data_set(self, name=None):
        """A set by its name, or the one that --set says; see datasets.py."""
        from datasets import data_set  # it imports this file
        return data_set(self, name or self.args.set)

    def big_lab(self):
        """One member with the big database; returns its endpoint."""
        endpoint = self.lab_up("big", "--members", "1", "--quota-backend-bytes", "8000000000")
        self.run("lab", "load", "--name", "big", "--keys", str(self.args.keys))
        return endpoint

    def close(self):
        for name in self.labs:
            subprocess.run([self.quorate, "lab", "down", "--name", name], env=self.env,
                           capture_output=True)
        shutil.rmtree(self.work, ignore_errors=True)


def etcd_dir(minor):
    """Where test/etcds has the newest of a minor version; None: nowhere."""
    result = subprocess.run([os.path.join(ROOT, "test", "etcds"), "path", minor],
                            capture_output=True, text=True)
    path = result.stdout.strip()
    if result.returncode != 0:
        return None
    return os.path.dirname(path) if path.endswith("/etcd") else path


def newest_etcd():
    found = etcd_dir("3.5")
    if found is None:
        sys.exit("no etcd 3.5: run test/etcds install 3.5, or give --etcd DIR")
    return found
