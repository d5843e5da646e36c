#!/usr/bin/env bats
# bats file_tags=one-etcd
#
# 'tls deliver' on a lab: the files are those that were issued, the ports show them, what was there comes back.

# shellcheck disable=SC2154 # stderr is bats'

bats_require_minimum_version 1.5.0
load ../harness/lab

setup() {
    lab_setup
    cd "$BATS_TEST_TMPDIR" || return
}

teardown() {
    lab_teardown
}

tls() {
    printf '%s/tls/%s' "$(lab_dir)" "$1"
}

state_of_files() {
    (cd "$(tls .)" && sha256sum ./* && stat -c '%n %u:%g %a %Y' ./*)
}

# Fingerprints that ports show, and of a file.
shown() {
    q tls inspect -w json | jq -r '.certificates[] | select(.where | startswith("https:")) | .fingerprint' | sort -u
}

fingerprint() {
    openssl x509 -in "$1" -outform DER | sha256sum | cut -d' ' -f1
}

issue() {
    q tls issue "$1" --ca-cert "$(tls ca.crt)" --ca-key "$(tls ca.key)" >/dev/null
}

@test "certificates are delivered, shown at once, and taken back byte for byte" {
    lab_up --members 1 --tls
    before=$(state_of_files)
    issue new
    q tls deliver new --dry-run >plan
    grep -F "bring m1 its server certificate, server key to $(lab_dir)/tls; what is there is kept on its host" plan
    [[ $(state_of_files) == "$before" ]]
    q tls deliver new --yes
    cmp new/m1/server.crt "$(tls m1.crt)"
    cmp new/m1/server.key "$(tls m1.key)"
    [[ $(stat -c %a "$(tls m1.key)") == 600 && $(shown) == "$(fingerprint new/m1/server.crt)" ]]
    q put color green
    # Nothing of a key is in the journal, and what was there is its owner's alone.
    run ! grep -rlF "$(sed -n 2p new/m1/server.key)" "$QUORATE_STATE/plans"
    [[ $(stat -c %a "$(lab_dir)"/kept/*) == 700 ]]
    # Delivered again there is nothing to do.
    q tls deliver new --yes
    [[ $(q plan show latest -w json | jq -r '.. | .state? // empty' | xargs) == *skipped* ]]
    q plan undo latest --yes
    cmp new/m1/server.key "$(tls m1.key)"
    first=$(q plan list -w json | jq -r '.plans[0].id')
    q plan undo "$first" --yes
    [[ $(state_of_files) == "$before" && -z $(ls -A "$(lab_dir)/kept") ]]
    q get color
}

@test "what is not fit for its member, or of another authority, is not delivered" {
    lab_up --members 1 --tls
    before=$(state_of_files)
    "$QUORATE" tls init other
    run -4 q tls deliver other --yes
    [[ $(<"$Q_ERR") == *"there is no certificate"*"tls issue"* ]]
    q tls issue other
    run -14 q tls deliver other --yes
    [[ $(<"$Q_ERR") == *"none of the trusted authorities is that one"* ]]
    issue new
    mv new/m1/server.key new/m1/peer.key
    cp new/m1/peer.key new/m1/server.key
    openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out new/m1/server.key 2>/dev/null
    run -14 q tls deliver new --yes
    [[ $(<"$Q_ERR") == *"the key beside it is another's"* ]]
    run -4 q tls deliver new --member m7 --yes
    [[ $(state_of_files) == "$before" ]]
}
