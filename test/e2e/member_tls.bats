#!/usr/bin/env bats
# bats file_tags=one-etcd
#
# Labs with TLS take new members: each gets a certificate before the cluster is changed, for its own URLs,
# of the lab's authority; and an undo takes away what the plan made, no more.

bats_require_minimum_version 1.5.0
load ../harness/lab

setup() {
    lab_setup
}

teardown() {
    [[ -z ${WRITER:-} ]] || kill "$WRITER" 2>/dev/null || true
    lab_teardown
}

writer() {
    local i
    for ((i = 1; ; i++)); do
        [[ ! -e $BATS_TEST_TMPDIR/enough ]] || return 0
        if "$QUORATE" --cluster lab:t put "w$i" "v$i" >/dev/null 2>>"$BATS_TEST_TMPDIR/reasons"; then
            echo "w$i" >>"$BATS_TEST_TMPDIR/acked"
        else
            echo "w$i" >>"$BATS_TEST_TMPDIR/failed"
        fi
        sleep 0.02
    done
}

names() {
    q member list -w json | jq -r '[.members[] | select(.isLearner != true) | .name] | sort | join(" ")'
}

tls() {
    printf '%s/tls/%s' "$(lab_dir)" "$1"
}

# What the member's port presents is the certificate on its disk, and its authority is the lab's.
presents() {
    local url
    url=$(q member list -w json | jq -r --arg n "$1" '.members[] | select(.name == $n).clientURLs[0]')
    [[ $url == https://* ]]
    openssl s_client -connect "${url#https://}" -CAfile "$(tls ca.crt)" -cert "$(tls client.crt)" \
        -key "$(tls client.key)" -verify_return_error -verify_ip 127.0.0.1 </dev/null 2>/dev/null |
        openssl x509 -outform DER | cmp - <(openssl x509 -in "$(tls "$1.crt")" -outform DER)
}

@test "a lab with TLS grows from 1 to 3 under a writer, and a member is replaced and another moved" {
    lab_up --members 1 --tls
    writer 3>&- &
    WRITER=$!
    q member grow --to 3 --yes
    [[ $(names) == "m1 m2 m3" && ! -e $BATS_TEST_TMPDIR/failed ]]
    for m in m1 m2 m3; do
        presents $m
        openssl verify -x509_strict -purpose sslserver -CAfile "$(tls ca.crt)" "$(tls $m.crt)"
        openssl verify -x509_strict -purpose sslclient -CAfile "$(tls ca.crt)" "$(tls $m.crt)"
        [[ $(stat -c %a "$(tls $m.key)") == 600 ]]
    done
    # Lost with all it had: its certificate is issued anew.
    wreck m3
    rm "$(tls m3.crt)" "$(tls m3.key)"
    q member replace m3 --yes
    [[ $(names) == "m1 m2 m3" ]]
    presents m3
    q member move m1 --yes
    [[ $(names) == "m2 m3 m4" ]]
    presents m4
    touch "$BATS_TEST_TMPDIR/enough"
    wait "$WRITER"
    WRITER=
    [[ $(wc -l <"$BATS_TEST_TMPDIR/acked") -gt 20 && $(hashes | wc -l) -eq 1 ]]
    q get w --prefix --keys-only | grep -v '^$' | sort >"$BATS_TEST_TMPDIR/there"
    [[ -z $(sort "$BATS_TEST_TMPDIR/acked" | comm -23 - "$BATS_TEST_TMPDIR/there") ]]
}

@test "undo takes away the certificates that the plan made, and leaves what was there" {
    lab_up --members 1 --tls
    before=$(cd "$(tls .)" && sha256sum ./*)
    q member grow m2 --yes
    presents m2
    q plan undo latest --yes
    [[ $(names) == m1 && $(cd "$(tls .)" && sha256sum ./*) == "$before" ]]
    # One that serves is taken as it is; one that does not is put aside, and back.
    q member grow m2 --yes
    q member shrink m2 --yes
    kept=$(sha256sum "$(tls m2.crt)")
    q member grow m2 --yes
    [[ $(sha256sum "$(tls m2.crt)") == "$kept" ]]
    q plan undo latest --yes
    [[ $(sha256sum "$(tls m2.crt)") == "$kept" ]]
    cp "$(tls client.crt)" "$(tls m2.crt)"
    wrong=$(sha256sum "$(tls m2.crt)")
    q member grow m2 --yes
    presents m2
    q plan undo latest --yes
    [[ $(sha256sum "$(tls m2.crt)") == "$wrong" && -z $(find "$(tls .)" -name '*.replaced-*') ]]
}

@test "without an authority that can sign, nothing of the cluster is changed" {
    lab_up --members 1 --tls
    chmod 644 "$(tls ca.key)"
    run -8 q member grow --yes
    [[ $(<"$Q_ERR") == *"the authority of 'lab:t'"*"ca.key': mode 0644"*"chmod 600"* ]]
    rm "$(tls ca.key)"
    run -4 q member grow --yes
    [[ $(names) == m1 && -z $("$QUORATE" plan list -w json | jq -r '.plans[]?') ]]
}
