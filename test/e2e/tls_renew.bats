#!/usr/bin/env bats
#
# 'tls renew' on labs of each etcd: under a writer nothing fails, and every port shows the new certificate without a restart.

# shellcheck disable=SC2154 # stderr is bats'

bats_require_minimum_version 1.5.0
load ../harness/lab
load ../harness/handshakes

setup() {
    lab_setup
    cd "$BATS_TEST_TMPDIR" || return
}

teardown() {
    [[ -z ${WRITER:-} ]] || kill "$WRITER" 2>/dev/null || true
    lab_teardown
}

fingerprint() {
    openssl x509 -in "$1" -outform DER | sha256sum | cut -d' ' -f1
}

# "member fingerprint" of each port.
shown() {
    q tls inspect -w json |
        jq -r '.certificates[] | select(.where | startswith("https:")) | "\(.member) \(.fingerprint)"' | sort -u
}

on_disk() {
    local m
    for m in m1 m2 m3; do
        echo "$m $(fingerprint "$(tls $m.crt)")"
    done
}

pids() {
    "$QUORATE" lab status --name t -w json | jq -r '.members[].pid' | xargs
}

@test "all are renewed under a writer, without a restart; and back" {
    lab_up --tls
    old=$(on_disk)
    serving=$(pids)
    # Nothing is due: there is nothing to do.
    q tls renew --yes
    [[ $(on_disk) == "$old" ]]
    writer 3>&- &
    WRITER=$!
    q tls renew --all --yes
    writer_ends
    [[ $(pids) == "$serving" && $(on_disk) != "$old" && $(shown) == "$(on_disk)" ]]
    for m in m1 m2 m3; do
        [[ $(openssl x509 -in "$(tls $m.crt)" -noout -subject) == "subject=CN = $m" ]]
        openssl verify -x509_strict -purpose sslserver -CAfile "$(tls ca.crt)" "$(tls $m.crt)"
    done
    [[ -z $(ls "$QUORATE_STATE/tls") ]]
    run ! grep -rlF "$(sed -n 2p "$(tls m1.key)")" "$QUORATE_STATE" --include=journal.jsonl
    q plan undo latest --yes
    [[ $(on_disk) == "$old" && $(shown) == "$old" ]]
}

# bats test_tags=one-etcd
@test "what ends within the days given is renewed, and nothing else" {
    lab_up --members 1 --tls
    q tls issue short --days 20 --ca-cert "$(tls ca.crt)" --ca-key "$(tls ca.key)"
    q tls deliver short --yes
    client=$(fingerprint "$(tls client.crt)")
    run -1 q tls inspect --days 30
    q tls renew --within 10 --yes
    [[ $(fingerprint "$(tls m1.crt)") == "$(fingerprint short/m1/server.crt)" ]]
    q tls renew --dry-run >plan
    grep 'renew 1 certificates' plan
    q tls renew --yes
    [[ $(fingerprint "$(tls m1.crt)") != "$(fingerprint short/m1/server.crt)" && $(fingerprint "$(tls client.crt)") == "$client" ]]
    run -0 q tls inspect --days 30
    # Another authority than the hosts' cannot renew.
    "$QUORATE" tls init other
    before=$(sha256sum "$(tls .)"/*)
    run -14 q tls renew --all --ca-cert other/ca.crt --ca-key other/ca.key --yes
    [[ $(<"$Q_ERR") == *"none of the trusted authorities is that one"* && $(sha256sum "$(tls .)"/*) == "$before" ]]
    [[ ! -e $QUORATE_STATE/tls || -z $(ls "$QUORATE_STATE/tls") ]]
}
