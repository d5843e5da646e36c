"""Real etcd servers for the cases, and their state: emptied between scenarios, never restarted.

Three clusters of one member have the same cluster and member ids (their ids come from what they
advertise, and they advertise the same address, at which nobody is), so that after the same steps
they give the same answers, byte for byte.
"""

import base64
import http.client
import json
import pathlib
import random
import socket
import subprocess
import time

_START_TIMEOUT_S = 30


class Server:
    """One member; ends with the process that started it, even when that is killed."""

    def __init__(self, folder, program, arguments, port, scheme="http"):
        self.folder = folder
        self.port = port
        self.url = f"{scheme}://127.0.0.1:{port}"
        folder.mkdir(parents=True, exist_ok=True)
        with open(folder / "log", "wb") as log:
            self.process = subprocess.Popen(
                ["setpriv", "--pdeathsig", "KILL", program, "--data-dir", folder / "data",
                 "--logger", "zap", "--log-outputs", "stderr", *arguments],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, env={})

    def stop(self):
        self.process.kill()
        self.process.wait()

    def log_tail(self):
        return "\n".join((self.folder / "log").read_text(errors="replace").splitlines()[-8:])


class Cluster:
    """Servers of one cluster and the calls that empty it (etcd's JSON gateway)."""

    def __init__(self, servers, version):
        self.servers = servers
        self.minor = ".".join(version.split(".")[:2])
        self._connection = None

    @property
    def endpoints(self):
        return ",".join(server.url for server in self.servers)

    def stop(self):
        for server in self.servers:
            server.stop()

    def wait_ready(self):
        """Until the cluster has settled its version, behind which some features wait."""
        deadline = time.monotonic() + _START_TIMEOUT_S
        for server in self.servers:
            while not self._is_ready(server):
                if server.process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError(f"etcd did not start:\n{server.log_tail()}")
                time.sleep(0.02)

    def _is_ready(self, server):
        try:
            connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=5)
            connection.request("GET", "/version")
            answer = json.loads(connection.getresponse().read())
            connection.close()
        except (OSError, ValueError, http.client.HTTPException):
            return False
        return answer.get("etcdcluster") == f"{self.minor}.0"

    def call(self, path, **message):
        """One call; the answer as a dictionary, {} where the server refused."""
        for _ in range(2):
            try:
                if self._connection is None:
                    self._connection = http.client.HTTPConnection(
                        "127.0.0.1", self.servers[0].port, timeout=10)
                self._connection.request("POST", f"/v3/{path}", json.dumps(message))
                response = self._connection.getresponse()
                body = response.read()
                return json.loads(body) if response.status == 200 else {}
            except (OSError, http.client.HTTPException):
                self._connection = None
        return {}

    def revision(self):
        return int(self.call("kv/range", key=_all_keys()[0], count_only=True)["header"]["revision"])

    def empty(self):
        """No keys, leases, users, roles or alarms; authentication is off."""
        self._disable_auth()
        for user in self.call("auth/user/list").get("users", []):
            self.call("auth/user/delete", name=user)
        for role in self.call("auth/role/list").get("roles", []):
            self.call("auth/role/delete", role=role)
        for lease in self.call("lease/leases").get("leases", []):
            self.call("lease/revoke", ID=lease["ID"])
        for alarm in self.call("maintenance/alarm", action="GET").get("alarms", []):
            self.call("maintenance/alarm", action="DEACTIVATE", alarm=alarm["alarm"],
                      memberID=alarm["memberID"])
        first, end = _all_keys()
        self.call("kv/deleterange", key=first, range_end=end)

    def _disable_auth(self):
        """The scenarios that enable it have a root with this password."""
        if "header" in self.call("auth/user/list"):
            return
        token = self.call("auth/authenticate", name="root", password="rootpw").get("token", "")
        connection = http.client.HTTPConnection("127.0.0.1", self.servers[0].port, timeout=10)
        connection.request("POST", "/v3/auth/disable", "{}", {"Authorization": token})
        connection.getresponse().read()
        connection.close()


def _all_keys():
    zero = base64.b64encode(b"\0").decode()
    return zero, zero


def level(clusters):
    """Gives all clusters one revision, and returns it: a scenario starts alike even behind a difference."""
    first, end = _all_keys()
    revisions = [cluster.revision() for cluster in clusters]
    if len(set(revisions)) > 1:
        for cluster, revision in zip(clusters, revisions):
            for _ in range(max(revisions) - revision + 1):
                cluster.call("kv/put", key="eA==", value="")
            cluster.call("kv/deleterange", key=first, range_end=end)
    return clusters[0].revision()


def free_ports(count):
    """Below the range from which the kernel serves outgoing connections."""
    held = []
    while len(held) < count:
        candidate = socket.socket()
        try:
            candidate.bind(("127.0.0.1", random.randrange(10000, 32000)))
            held.append(candidate)
        except OSError:
            candidate.close()
    ports = [each.getsockname()[1] for each in held]
    for each in held:
        each.close()
    return ports


def start_alike(folder, etcd, version, count, extra=(), scheme="http", true_urls=False):
    """COUNT clusters of one member each, with the same ids; TRUE_URLS: clients are told where."""
    clusters = []
    advertised = "http://127.0.0.1:7"
    fsync = [] if version.startswith("3.4.") else ["--unsafe-no-fsync"]
    for n in range(count):
        client, peer = free_ports(2)
        server = Server(pathlib.Path(folder) / f"alone{n}", etcd, [
            "--name", "m1", "--listen-client-urls", f"{scheme}://127.0.0.1:{client}",
            "--advertise-client-urls", f"{scheme}://127.0.0.1:{client if true_urls else 9}",
            "--listen-peer-urls", f"http://127.0.0.1:{peer}",
            "--initial-advertise-peer-urls", advertised, "--initial-cluster", f"m1={advertised}",
            # Passwords hashed in no time.
            "--initial-cluster-token", "conformance", "--bcrypt-cost", "4", *fsync, *extra], client, scheme)
        clusters.append(Cluster([server], version))
    for cluster in clusters:
        if scheme == "http":
            cluster.wait_ready()
        else:
            wait_listening(cluster.servers[0])
    return clusters


def wait_listening(server):
    deadline = time.monotonic() + _START_TIMEOUT_S
    while "serving client traffic" not in (server.folder / "log").read_text(errors="replace"):
        if server.process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"etcd did not start:\n{server.log_tail()}")
        time.sleep(0.02)


def start_three(folder, etcd, version):
    """One cluster of three members."""
    ports = free_ports(6)
    fsync = [] if version.startswith("3.4.") else ["--unsafe-no-fsync"]
    initial = ",".join(f"m{n}=http://127.0.0.1:{ports[2 * n - 1]}" for n in (1, 2, 3))
    servers = []
    for n in (1, 2, 3):
        client, peer = (f"http://127.0.0.1:{port}" for port in ports[2 * n - 2: 2 * n])
        servers.append(Server(pathlib.Path(folder) / f"m{n}", etcd, [
            "--name", f"m{n}", "--listen-client-urls", client, "--advertise-client-urls", client,
            "--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer,
            "--initial-cluster", initial, "--initial-cluster-token", "conformance", *fsync],
            ports[2 * n - 2]))
    cluster = Cluster(servers, version)
    cluster.wait_ready()
    return cluster
