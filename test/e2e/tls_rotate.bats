#!/usr/bin/env bats
#
# 'tls rotate-ca' on labs of each etcd: under a writer nothing fails, every port shows a certificate of the new authority, and
# the old one's are refused in the end.

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

url_of() {
    "$QUORATE" lab status --name t -w json | jq -r --arg n "$1" '.members[] | select(.name == $n).clientUrl'
}

peer_of() {
    q member list -w json | jq -r --arg n "$1" '.members[] | select(.name == $n).peerURLs[0]'
}

# By another TLS library: who gets in with which certificate.
gets_in() {
    curl -sS --http1.1 --max-time 5 -o /dev/null --cacert "$1" --cert "$2.crt" --key "$2.key" "$3/version" 2>>curl.log
}

is_refused() {
    local status=0
    gets_in "$@" || status=$?
    echo "$*: $status"
    [[ $status -ne 0 ]]
}

@test "another authority under a writer: the old one's certificates are refused in the end; and back" {
    lab_up --tls
    cp "$(tls client.crt)" old.crt
    cp "$(tls client.key)" old.key
    cp "$(tls ca.crt)" old-ca.crt
    before=$(sha256sum "$(tls .)"/*)
    "$QUORATE" tls init new --name 'the new one'
    writer 3>&- &
    WRITER=$!
    q tls rotate-ca new/ca.crt --yes || { cat "$Q_ERR"; false; }
    writer_ends
    cmp new/ca.crt "$(tls ca.crt)"
    cmp new/ca.key "$(tls ca.key)"
    for m in m1 m2 m3; do
        openssl verify -x509_strict -CAfile new/ca.crt "$(tls $m.crt)" "$(tls client.crt)"
        for url in "$(url_of $m)" "$(peer_of $m)"; do
            gets_in new/ca.crt "$(tls client)" "$url"
            is_refused new/ca.crt old "$url"
            is_refused old-ca.crt "$(tls client)" "$url"
        done
    done
    [[ -z $(ls "$QUORATE_STATE/tls") ]]
    # The lab goes on with its new authority.
    q member grow m4 --yes
    openssl verify -CAfile new/ca.crt "$(tls m4.crt)"
    q plan undo latest --yes
    rotation=$(q plan list -w json | jq -r '[.plans[] | select(.id | contains("tls-rotate-ca"))][0].id')
    q plan undo "$rotation" --yes || { cat "$Q_ERR"; false; }
    [[ $(sha256sum "$(tls .)"/*) == "$before" ]]
    gets_in old-ca.crt old "$(url_of m1)"
    q put color green
}

# bats test_tags=one-etcd
@test "with --keep-old both are let in, until it goes on; and what would be shut out is refused" {
    lab_up --members 1 --tls
    cp "$(tls client.crt)" old.crt
    cp "$(tls client.key)" old.key
    "$QUORATE" tls init new --name 'the new one'
    q tls rotate-ca new/ca.crt --keep-old --yes
    gets_in new/ca.crt old "$(url_of m1)"
    gets_in new/ca.crt "$(tls client)" "$(url_of m1)"
    # Has it clients still? Only the operator knows.
    run q tls rotate-ca new/ca.crt --yes
    cat "$Q_ERR"
    [[ $status -eq 3 && $(<"$Q_ERR") == *"trusts 'CN=lab:t' as well, which signed no certificate of the members"*"--drop-others"* ]]
    gets_in new/ca.crt old "$(url_of m1)"
    q tls rotate-ca new/ca.crt --drop-others --yes
    is_refused new/ca.crt old "$(url_of m1)"
    cmp new/ca.crt "$(tls ca.crt)"
}
