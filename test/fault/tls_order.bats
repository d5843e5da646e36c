#!/usr/bin/env bats
# bats file_tags=one-etcd
#
# Two orders of going to TLS, in one run, with a client that is given endpoints of both schemes: that of the usual
# guides (the member list first, then one restart after the other), by hand, and that of 'tls enable'. The gaps are
# printed; that of the usual order is what this machine and moment make of it.

bats_require_minimum_version 1.5.0
load ../harness/lab

setup() {
    lab_setup
}

teardown() {
    [[ -z ${WRITER:-} ]] || kill "$WRITER" 2>/dev/null || true
    etcd_stop
    lab_teardown
}

# writer_start PUT...: a command that puts key and value; notes when each was acknowledged, and how many failed.
writer_start() {
    ACKED=$BATS_TEST_TMPDIR/acked FAILED=$BATS_TEST_TMPDIR/failed
    : >"$ACKED"
    : >"$FAILED"
    rm -f "$BATS_TEST_TMPDIR/enough"
    (
        for ((i = 1; ; i++)); do
            [[ ! -e $BATS_TEST_TMPDIR/enough ]] || exit 0
            if "$@" "w$i" "v$i" >/dev/null 2>&1; then
                echo "${EPOCHREALTIME/./} w$i" >>"$ACKED"
            else
                echo "w$i" >>"$FAILED"
            fi
            sleep 0.02
        done
    ) 3>&- &
    WRITER=$!
}

# writer_end WHAT: prints what came of it.
writer_end() {
    touch "$BATS_TEST_TMPDIR/enough"
    wait "$WRITER"
    WRITER=
    GAP=$(awk 'NR > 1 && $1 - last > most { most = $1 - last } { last = $1 } END { printf "%d\n", most / 1000 }' "$ACKED")
    echo "# $1: $(wc -l <"$ACKED") writes, $(wc -l <"$FAILED") failed, longest gap $GAP ms" >&3
}

# A member's words with https for http, and its certificates.
words_with_tls() {
    local dir=$1 tls=$2 words
    mapfile -d '' words <"$dir/arguments"
    words=("${words[@]/http:/https:}" --cert-file "$tls/server.crt" --key-file "$tls/server.key"
        --peer-cert-file "$tls/server.crt" --peer-key-file "$tls/server.key"
        --peer-trusted-ca-file "$tls/ca.crt")
    printf '%s\0' "${words[@]}" >"$dir/arguments"
}

# restarted N: told to stop and started again, as systemd does it.
restarted() {
    etcd_kill "$1" TERM
    etcd_restart "$1"
    sleep 3
}

# As soon as there is an authority, it is shown.
lab_put() {
    local authority=()
    [[ ! -e $(lab_dir)/tls/ca.crt ]] || authority=(--cacert "$(lab_dir)/tls/ca.crt")
    "$QUORATE" put --endpoints "$both" "${authority[@]}" "$@"
}

@test "the usual order, and that of tls enable" {
    local plain both tls n id url shown usual
    etcd_start 3.5 3
    plain=$(etcd_endpoints)
    both=$plain,${plain//http:/https:}
    tls=$BATS_TEST_TMPDIR/pki
    _etcd_certificates "$tls"
    shown=(--cacert "$tls/ca.crt")
    writer_start "$QUORATE" put --endpoints "$both" "${shown[@]}"
    sleep 1
    for n in 1 2 3; do
        IFS=', ' read -r id _ _ url _ < <(ctl member list | grep ", m$n, ")
        ctl member update "$id" --peer-urls "${url/http:/https:}"
        words_with_tls "$(etcd_dir "$n")" "$tls"
    done
    for n in 1 2 3; do
        restarted "$n"
    done
    wait_for 30 "$QUORATE" put --endpoints "${plain//http:/https:}" "${shown[@]}" last write
    writer_end "the usual order"
    usual=$GAP
    etcd_stop

    lab_up
    plain=$("$QUORATE" lab status --name t -w json | jq -r '[.members[].clientUrl] | join(",")')
    both=$plain,${plain//http:/https:}
    writer_start lab_put
    sleep 1
    q tls enable --yes
    writer_end "tls enable"
    [[ ! -s $FAILED ]]
    echo "# longest gaps: $usual ms by the usual order, $GAP ms by tls enable" >&3
}
