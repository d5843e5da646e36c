#!/usr/bin/env bats
#
# 'tls rotate-ca' on labs of each etcd: under a writer nothing fails, every port shows a certificate of the new authority, and
# the old one's are refused in the end.

# shellcheck disable=SC2030,SC2031,SC2154 # status and stderr are bats'

bats_require_minimum_version 1.5.0
load ../harness/lab
load ../harness/certs
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

# CAUSE FIELD FILE TEXT: refused, with file, setting, what is wrong and the mend; nobody was restarted, and no plan was made.
is_refused_for() {
    local refusal
    run q tls rotate-ca new/ca.crt --yes -w json
    [[ $status -ne 0 ]]
    refusal=$(jq -c .error "$Q_ERR") || { cat "$Q_ERR" && return 1; }
    echo "$refusal"
    [[ $(jq -r .cause <<<"$refusal") == "$1" && $(jq -r .text <<<"$refusal") == *"'$(tls "$3")' (--"*"$4"* ]]
    [[ $(jq -r '.evidence[0] | "\(.file) \(.field // .setting)"' <<<"$refusal") == "$(tls "$3") $2" && -n $(jq -r '.hint // empty' <<<"$refusal") ]]
    [[ $("$QUORATE" lab status --name t -w json | jq -r '.members[].pid') == "$serving" ]]
    [[ -z $("$QUORATE" plan list -w json | jq -r '.plans[]?.id') ]]
    cp -a good/. "$(tls .)"
}

# In place of the member's.
put_pair() {
    cp "$1.crt" "$(tls m1.crt)"
    cp "$1.key" "$(tls m1.key)"
}

# bats test_tags=one-etcd
@test "each kind of broken certificate is refused before a restart, with file, field and mend" {
    local names=IP:127.0.0.1,DNS:localhost,IP:::1 serving
    lab_up --members 1 --tls
    "$QUORATE" tls init new
    cp -a "$(tls .)" good
    cp "$(tls ca.crt)" "$(tls ca.key)" .
    serving=$("$QUORATE" lab status --name t -w json | jq -r '.members[].pid')

    certs_leaf expired ca $names '' '-2 days' '-1 hour' && put_pair expired
    is_refused_for certificate-expired notAfter m1.crt "it ended at"
    certs_leaf future ca $names '' '1 hour' '2 hours' && put_pair future
    is_refused_for certificate-not-yet-valid notBefore m1.crt "it begins at"
    certs_leaf server ca $names serverAuth && put_pair server
    is_refused_for certificate-no-client-usage extendedKeyUsage m1.crt "(clientAuth)"
    certs_leaf client ca $names clientAuth && put_pair client
    is_refused_for certificate-no-server-usage extendedKeyUsage m1.crt "(serverAuth)"
    certs_leaf elsewhere ca IP:10.0.0.1,DNS:db2 && put_pair elsewhere
    is_refused_for certificate-name-missing subjectAltName m1.crt "lack 127.0.0.1"
    cp server.key "$(tls m1.key)"
    is_refused_for certificate-key-mismatch subjectPublicKeyInfo m1.crt "the key beside it is another's"
    certs_authority stranger && certs_leaf strange stranger $names && put_pair strange
    is_refused_for certificate-wrong-ca issuer m1.crt "'CN=stranger' issued it"
    CERTS_KEY=rsa:1024 certs_leaf weak ca $names && put_pair weak
    is_refused_for certificate-weak-key subjectPublicKeyInfo m1.crt "RSA 1024"
    rm "$(tls m1.key)"
    is_refused_for file-missing key-file m1.key "there is no such file"
    head -c 200 ca.crt >"$(tls m1.crt)"
    is_refused_for file-damaged cert-file m1.crt "is damaged"
    certs_authority none basicConstraints=critical,CA:FALSE && certs_leaf below none $names && put_pair below
    cp none.crt "$(tls ca.crt)"
    is_refused_for authority-is-none basicConstraints m1.crt "'CN=none' signed it and is no authority"
    certs_authority old basicConstraints=critical,CA:TRUE '-2 days' '-1 hour' && certs_leaf late old $names && put_pair late
    cp old.crt "$(tls ca.crt)"
    is_refused_for authority-expired notAfter m1.crt "its authority 'CN=old' ended at"
    # And good ones are taken.
    q tls rotate-ca new/ca.crt --yes
    gets_in new/ca.crt "$(tls client)" "$(url_of m1)"
}
