"""Where the scenarios of a file take place: each layout starts servers once and empties them between.

alike   three clusters of one member each with the same ids and revisions, one for each face
three   one cluster of three members; the faces come one after the other
tls     one member that wants certificates, for scenarios marked [same] only
v2      three clusters of one member that speak the version 2 API
files   a snapshot and a data directory, copied for each face; no server
none    nothing at all
"""

import concurrent.futures
import http.client
import json
import shutil
import subprocess
import time

import casefile
import runner
import servers


class Layout:
    """No servers. What a scenario finds in its directory is a copy of what is in 'given'."""

    api = "3"
    masks = ()
    clusters = ()

    def __init__(self, run, folder):
        self.run = run
        self.folder = folder
        self.faces = run.faces(folder)
        self.given = folder / "given"
        self.given.mkdir(exist_ok=True)
        self.revision = 0

    def start(self):
        pass

    def stop(self):
        for cluster in self.clusters:
            cluster.stop()

    def reset(self, faces):
        for face in faces:
            face.captured.clear()
            shutil.rmtree(face.folder, ignore_errors=True)
            # Preallocated logs are mostly holes.
            subprocess.run(["cp", "-a", "--sparse=always", self.given, face.folder], check=True)

    def known(self, face):
        """What placeholders stand for."""
        major, minor = self.run.minor.split(".")
        known = {"rev": self.revision, "minor": self.run.minor, "before": f"{major}.{int(minor) - 1}.0",
                 "before2": f"{major}.{int(minor) - 1}"} | face.captured
        if face.cluster is not None:
            known["endpoints"] = face.cluster.endpoints
            known["endpoint"] = face.cluster.servers[0].url
            known["port"] = face.cluster.servers[0].port
        return known

    def known_ids(self):
        return set()

    def environment(self, face):
        return self.run.environment(face, self.api)

    def play(self, scenario):
        """Yields (step, face name, result of the real tool, result) for what must be the same."""
        if "same" in scenario.settings:
            self.reset(self.faces[:1])
            for face in self.faces[1:]:
                face.cluster, face.folder = self.faces[0].cluster, self.faces[0].folder
            results = self._play_together(scenario.steps)
        else:
            results = self._play_apart(scenario.steps)
        for step, of_faces in zip(scenario.steps, results):
            for face, done in list(zip(self.faces, of_faces))[1:]:
                if done is not None:
                    yield step, face.name, of_faces[0], done

    def _play_apart(self, steps):
        self.reset(self.faces)
        return list(zip(*self._each_face(lambda face: self._play_one(face, steps))))

    def _play_one(self, face, steps):
        if face.name == "word" and not all(step.by_real_tool or self.run.is_word(step) for step in steps):
            # The real tool steps in, so that the next scenario finds all clusters alike.
            for step in steps:
                runner.execute(step, self.run.real, face, self.environment(face), self.known(face))
            return [None] * len(steps)
        return [self._execute(step, face) for step in steps]

    def _play_together(self, steps):
        results = []
        for step in steps:
            if step.by_real_tool:
                first = self._execute(step, self.faces[0])
                for face in self.faces[1:]:
                    face.captured.update(self.faces[0].captured)
                results.append((first, None, None))
            else:
                results.append(tuple(self._each_face(lambda face, step=step: self._execute_word(step, face))))
        return results

    def _each_face(self, function):
        with concurrent.futures.ThreadPoolExecutor(len(self.faces)) as pool:
            return list(pool.map(function, self.faces))

    def _execute_word(self, step, face):
        if face.name == "word" and not self.run.is_word(step):
            return None
        return self._execute(step, face)

    def _execute(self, step, face):
        programs = self.run.real if step.by_real_tool else face.programs
        return runner.execute(step, programs, face, self.environment(face), self.known(face))


class Alike(Layout):
    extra = ()
    true_urls = False

    def start(self):
        self.clusters = servers.start_alike(self.folder, self.run.etcd_folder / "etcd",
                                            self.run.version, len(self.faces), self.extra,
                                            true_urls=self.true_urls)
        status = self.clusters[0].call("maintenance/status")["header"]
        self._ids = {f"{int(status[name]):x}" for name in ("cluster_id", "member_id")}

    def reset(self, faces):
        super().reset(faces)
        for face, cluster in zip(self.faces, self.clusters):
            face.cluster = cluster
            face.folder = self.folder / face.name
            cluster.empty()
        self.revision = servers.level(self.clusters)

    def known_ids(self):
        return self._ids

    def known(self, face):
        return super().known(face) | {"member": sorted(self._ids)[0]}


class Version2(Alike):
    api = "2"
    extra = ("--enable-v2",)
    true_urls = True  # etcdctl goes on with what the member list says

    def reset(self, faces):
        super().reset(faces)
        for cluster in self.clusters:
            connection = http.client.HTTPConnection("127.0.0.1", cluster.servers[0].port, timeout=10)
            connection.request("GET", "/v2/keys/")
            for node in json.loads(connection.getresponse().read())["node"].get("nodes", []):
                connection.request("DELETE", f"/v2/keys{node['key']}?recursive=true")
                connection.getresponse().read()
            connection.close()


class Three(Layout):
    # Whom a client with several endpoints asks is chance.
    masks = ((r'"member_id":"?\w+"?', '"member_id":ANY'), (r'"MemberID" : \w+', '"MemberID" : ANY'),
             (r'"raft_term":\d+', '"raft_term":N'), (r'"RaftTerm" : \w+', '"RaftTerm" : N'),
             (r"^Member +", "Member "), (r"127\.1\.\d+\.\d+", "PEER"),
             (r"transferred from \w+ to \w+", "transferred from OLD to NEW"))

    _resets = 0

    def start(self):
        self.cluster = servers.start_three(self.folder, self.run.etcd_folder / "etcd", self.run.version)
        self.clusters = (self.cluster,)
        self.started = time.monotonic()
        self.members = {member["ID"] for member in self._settled_members()}

    def _members(self):
        return self.cluster.call("cluster/member/list")["members"]

    def _settled_members(self):
        """The members, once each has told its name and one leads."""
        for _ in range(200):
            members = self._members()
            self._leader = f"{int(self.cluster.call('maintenance/status').get('leader', 0)):x}"
            if self._leader != "0" and all("name" in member for member in members):
                return members
            time.sleep(0.05)
        raise RuntimeError("the cluster does not settle")

    def reset(self, faces):
        super().reset(faces)
        for face in self.faces:
            face.cluster = self.cluster
            face.folder = self.folder / face.name
        for member in self._members():
            if member["ID"] not in self.members:
                self.cluster.call("cluster/member/remove", ID=member["ID"])
        self.cluster.empty()
        self.revision = self.cluster.revision()
        self._name_members()

    def _name_members(self):
        # A new member's id is made of its peer URLs and the second; one that was removed stays out.
        self._resets += 1
        peers = {"peer": f"http://127.1.{self._resets}.1:7", "peer2": f"http://127.1.{self._resets}.2:7"}
        ids = {member["name"]: f"{int(member['ID']):x}" for member in self._settled_members()}
        follower = next(each for each in sorted(ids.values()) if each != self._leader)
        urls = {f"url{n}": server.url for n, server in enumerate(self.cluster.servers, 1)}
        self._names = ids | urls | peers | {"leader": self._leader, "follower": follower}

    def play(self, scenario):
        # Until its peers have been there for so long, a member refuses to add another (etcdserver's
        # HealthInterval).
        if "settled" in scenario.settings:
            time.sleep(max(0, self.started + 5.5 - time.monotonic()))
        self._apart = "same" not in scenario.settings
        yield from super().play(scenario)

    def _each_face(self, function):
        """One by one: raft drops a change of members while another is under way."""
        return [function(face) for face in self.faces]

    def _play_apart(self, steps):
        by_face = []
        for face in self.faces:
            self.reset([face])
            by_face.append(self._play_one(face, steps))
        return list(zip(*by_face))

    def known_ids(self):
        header = self.cluster.call("maintenance/status")["header"]
        return {f"{int(each):x}" for each in [header["cluster_id"], *self.members]}

    def known(self, face):
        return super().known(face) | self._names

    def environment(self, face):
        """What a member has not applied yet it does not know: changes are all asked of one."""
        settings = super().environment(face)
        if self._apart:
            settings["ETCDCTL_ENDPOINTS"] = self.cluster.servers[0].url
        return settings


class Files(Layout):
    """What a small cluster left behind: snap.db, a snapshot, and data, a member's directory."""

    _fill = ("put a 1", "put a 2", "put b < '\\x00\\xff'", "put dir/c 3", "del b", "put d 4")

    def start(self):
        cluster, = servers.start_alike(self.folder, self.run.etcd_folder / "etcd", self.run.version, 1)
        face = runner.Face("real", self.run.real, self.given, cluster)
        for line in (*self._fill, "snapshot save snap.db"):
            step = casefile.parse_step(0, line)
            done = runner.execute(step, self.run.real, face, self.run.environment(face), {})
            if done.status != 0:
                raise RuntimeError(f"{line}: {done.stderr}")
        cluster.stop()
        shutil.copytree(cluster.servers[0].folder / "data", self.given / "data",
                        copy_function=_copy_sparse)

    def environment(self, face):
        return self.run.environment(None, self.api)


def _copy_sparse(source, target):
    subprocess.run(["cp", "-a", "--sparse=always", source, target], check=True)


class Tls(Layout):
    def start(self):
        self._certificates()
        self.cluster, = servers.start_alike(
            self.folder, self.run.etcd_folder / "etcd", self.run.version, 1,
            ("--trusted-ca-file", str(self.given / "ca.crt"), "--client-cert-auth",
             "--cert-file", str(self.given / "server.crt"), "--key-file", str(self.given / "server.key")),
            scheme="https")
        self.clusters = (self.cluster,)

    def reset(self, faces):
        super().reset(self.faces)
        for face in self.faces:
            face.cluster = self.cluster

    def _certificates(self):
        """An authority, a server's certificate and a client's, and another authority."""
        script = r"""
            key="-newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc"
            for ca in ca other; do openssl req -x509 $key -days 2 -subj /CN=$ca -keyout $ca.key -out $ca.crt; done
            for name in server client; do
                openssl req -new $key -subj /CN=$name -keyout $name.key -out $name.csr
                printf 'extendedKeyUsage=serverAuth,clientAuth\nsubjectAltName=IP:127.0.0.1\n' >$name.ext
                openssl x509 -req -in $name.csr -days 2 -CA ca.crt -CAkey ca.key -out $name.crt -extfile $name.ext
            done"""
        subprocess.run(["bash", "-ec", script], cwd=self.given, check=True, capture_output=True)


LAYOUTS = {"alike": Alike, "three": Three, "tls": Tls, "v2": Version2, "files": Files, "none": Layout}
