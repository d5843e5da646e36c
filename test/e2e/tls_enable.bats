#!/usr/bin/env bats
# bats file_tags=one-etcd
#
# 'tls enable' and 'tls disable' on labs: no write of a client that is given both endpoint forms fails, plain
# connections are refused afterwards, and everything can be taken back.

bats_require_minimum_version 1.5.0
load ../harness/lab

setup() {
    lab_setup
}

teardown() {
    [[ -z ${WRITER:-} ]] || kill "$WRITER" 2>/dev/null || true
    lab_teardown
}

tls() {
    printf '%s/tls/%s' "$(lab_dir)" "$1"
}

# A client's options, as soon as there are certificates.
credentials() {
    [[ ! -e $(tls client.key) ]] ||
        printf '%s\n' --cacert "$(tls ca.crt)" --cert "$(tls client.crt)" --key "$(tls client.key)"
}

none_failed() {
    [[ ! -s $BATS_TEST_TMPDIR/failed ]] || {
        cat "$BATS_TEST_TMPDIR/reasons" >&2
        return 1
    }
}

# Addresses of the members' client ports, with a scheme in front of each.
endpoints() {
    local scheme urls=()
    for scheme; do
        mapfile -t -O ${#urls[@]} urls < <(jq -r --arg s "$scheme" \
            '.members[].client_urls[0] | sub("^[a-z]*"; $s)' "$(lab_dir)/lab.json")
    done
    (IFS=,; echo "${urls[*]}")
}

# Puts w1, w2, ... at endpoints of both forms; notes when each was acknowledged, and those that failed.
writer_start() {
    local both
    both=$(endpoints http https)
    : >"$BATS_TEST_TMPDIR/acked"
    : >"$BATS_TEST_TMPDIR/failed"
    rm -f "$BATS_TEST_TMPDIR/enough"
    (
        for ((i = 1; ; i++)); do
            [[ ! -e $BATS_TEST_TMPDIR/enough ]] || exit 0
            mapfile -t shown < <(credentials)
            if "$QUORATE" put --endpoints "$both" "${shown[@]}" "w$i" "v$i" >/dev/null 2>>"$BATS_TEST_TMPDIR/reasons"; then
                echo "${EPOCHREALTIME/./} w$i" >>"$BATS_TEST_TMPDIR/acked"
            else
                echo "w$i" >>"$BATS_TEST_TMPDIR/failed"
            fi
            sleep 0.02
        done
    ) 3>&- &
    WRITER=$!
}

writer_end() {
    touch "$BATS_TEST_TMPDIR/enough"
    wait "$WRITER" || cat "$BATS_TEST_TMPDIR/reasons" >&2
    WRITER=
}

gap_ms() {
    awk 'NR > 1 && $1 - last > most { most = $1 - last } { last = $1 } END { printf "%d\n", most / 1000 }' \
        "$BATS_TEST_TMPDIR/acked"
}

nothing_is_lost() {
    q get w --prefix --keys-only | grep -v '^$' | sort >"$BATS_TEST_TMPDIR/there"
    cut -d ' ' -f 2 "$BATS_TEST_TMPDIR/acked" | sort >"$BATS_TEST_TMPDIR/wanted"
    [[ $(wc -l <"$BATS_TEST_TMPDIR/wanted") -gt 20 ]] &&
        [[ -z $(comm -23 "$BATS_TEST_TMPDIR/wanted" "$BATS_TEST_TMPDIR/there") ]]
}

# Everything is of this scheme, and the other one is refused.
all_speak() {
    local scheme=$1 other=$2 port shown
    mapfile -t shown < <(credentials)
    [[ $(q member list -w json | jq -r '[.members[] | (.peerURLs + .clientURLs)[] | sub(":.*"; "")] | unique | join(" ")') == "$scheme" ]]
    [[ $(q status -w json | jq '[.members[] | select(.health == "healthy" or .healthy == true)] | length') -eq $(jq '.members | length' "$(lab_dir)/lab.json") ]] || q status
    "$(etcd_tool "$ETCD_VERSION" etcdctl)" endpoint health --endpoints "$(endpoints "$scheme")" "${shown[@]}"
    for port in $(endpoints "$other" | tr , ' '); do
        if curl -sS --noproxy '*' --max-time 5 -k "$port/health" 2>/dev/null | grep -q '"health":"true"'; then
            return 1
        fi
    done
}

answers_anybody() {
    curl -sS --noproxy '*' --max-time 5 --cacert "$(tls ca.crt)" "$(endpoints https)/health" | grep -q '"health":"true"'
}

# bats test_tags=few-etcds
@test "a lab of one goes to TLS and back" {
    lab_up --members 1
    q put color green
    before=$(<"$(lab_dir)/lab.json")
    q tls enable --yes
    all_speak https http
    [[ $(q get color --print-value-only) == green && $(stat -c %a "$(tls m1.key)") == 600 ]]
    # There is nothing more to do, and nobody is restarted for it.
    pid=$("$QUORATE" lab status --name t -w json | jq '.members[0].pid')
    q tls enable --yes
    [[ $("$QUORATE" lab status --name t -w json | jq '.members[0].pid') == "$pid" ]]
    # Clients are asked for certificates when that is wanted, and not before.
    answers_anybody
    q tls enable --client-cert-auth --yes
    run ! answers_anybody
    q plan undo latest --yes
    answers_anybody
    q tls disable --yes
    all_speak http https
    [[ $(q get color --print-value-only) == green && $(<"$(lab_dir)/lab.json") == "$before" ]]
}

@test "all of it is taken back by undo" {
    lab_up
    q put color green
    before=$(<"$(lab_dir)/lab.json")
    q tls enable --client-cert-auth --yes
    all_speak https http
    q plan undo latest --yes
    all_speak http https
    [[ $(q get color --print-value-only) == green && $(hashes | wc -l) -eq 1 && $(<"$(lab_dir)/lab.json") == "$before" ]]
}

@test "three members go to TLS and back under a writer: no write fails" {
    lab_up
    q put color green
    writer_start
    q tls enable --yes
    writer_end
    gap=$(gap_ms)
    echo "# $ETCD_VERSION enable: $(wc -l <"$BATS_TEST_TMPDIR/acked") writes, $(wc -l <"$BATS_TEST_TMPDIR/failed") failed, longest gap $gap ms" >&3
    none_failed
    nothing_is_lost
    all_speak https http
    [[ $(hashes | wc -l) -eq 1 ]]

    writer_start
    q tls disable --yes
    writer_end
    gap=$(gap_ms)
    echo "# $ETCD_VERSION disable: $(wc -l <"$BATS_TEST_TMPDIR/acked") writes, $(wc -l <"$BATS_TEST_TMPDIR/failed") failed, longest gap $gap ms" >&3
    none_failed
    nothing_is_lost
    all_speak http https
}

@test "an endpoint that does not change with the members is refused, before anybody is asked" {
    cat >"$BATS_TEST_TMPDIR/quorate.yaml" <<'YAML'
clusters:
  prod:
    endpoints: [http://127.0.0.1:1]
    members:
      m1:
        client_urls: [http://127.0.0.1:3]
        peer_urls: [http://127.0.0.1:2]
YAML
    run -3 --separate-stderr "$QUORATE" --config "$BATS_TEST_TMPDIR/quorate.yaml" --cluster prod tls enable --yes
    # shellcheck disable=SC2154 # bats sets it
    [[ $stderr == *"no endpoint of 'prod' is a member's own"* ]]
    run -2 --separate-stderr "$QUORATE" --config "$BATS_TEST_TMPDIR/quorate.yaml" --cluster prod tls enable \
        --ca-key "$BATS_TEST_TMPDIR/quorate.yaml" --yes
    [[ $stderr == *"--ca-cert and --ca-key go together"* ]]
}
