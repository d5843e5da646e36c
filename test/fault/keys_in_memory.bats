#!/usr/bin/env bats
# bats file_tags=one-etcd
#
# Private keys in the memory of quorate: while it needs one it is there, and nothing of it afterwards, neither as number nor as
# DER nor as PEM. The process is stopped, and all that it may write to is looked through.

# shellcheck disable=SC2154 # held is the harness's

bats_require_minimum_version 1.5.0
load ../harness/lab
load ../harness/key_traces

setup() {
    lab_setup
    [[ $EUID -eq 0 ]] || skip "nobody else can look into a process that holds a key"
    cd "$BATS_TEST_TMPDIR" || return
}

teardown() {
    [[ -z ${held:-} ]] || kill -KILL "$held" 2>/dev/null || true
    lab_teardown
}

no_traces() {
    local traces
    traces=$(key_traces "$@")
    [[ -z $traces ]] || { echo "$traces" && return 1; }
}

inventory() {
    cat >quorate.yaml <<'YAML'
format: 1
clusters:
  prod:
    members:
      m1:
        client_urls: [https://127.0.0.1:2379]
        peer_urls: ["https://127.0.0.1:2380"]
YAML
}

kill_held() {
    kill -KILL "$held"
    wait "$held" || true
    held=
}

@test "tls init and issue: a key that was written is forgotten, and the authority's at the end" {
    inventory
    "$QUORATE" tls init pki
    # The last certificate is to be put in place: its key and the authority's are needed still, as numbers, and the others not.
    until_stopped file_rename 7 "$QUORATE" tls issue pki --cluster prod --client root
    authority=$(key_traces "$held" pki/ca.key)
    [[ $authority == *" priv-reversed "* && $authority != *" priv "* && $authority != *" pem "* ]] || { echo "$authority" && false; }
    no_traces "$held" pki/m1/server.key pki/m1/peer.key
    kill_held
    rm -r pki/m1 pki/root.*
    until_stdout_blocks "$QUORATE" tls issue pki --cluster prod --client root
    no_traces "$held" pki/ca.key pki/m1/server.key pki/m1/peer.key pki/root.key
    let_go
    [[ $(<held.out) == *pki/root.key* ]]
    until_stdout_blocks "$QUORATE" tls init other --key-type rsa2048
    no_traces "$held" other/ca.key
    let_go
}

@test "tls renew: behind each of its steps there is none but the client's, which is in use" {
    lab_up --members 1 --tls
    for n in 4 8; do
        until_stopped journal_append $n "$QUORATE" --cluster lab:t tls renew --all --yes
        mapfile -t keys < <(find "$(lab_dir)/tls" "$QUORATE_STATE/tls" -name '*.key' ! -name 'client*')
        [[ ${#keys[@]} -gt 2 ]]
        no_traces "$held" "${keys[@]}"
        # Nor in its arguments, nor for others to read on the disk.
        for key in "${keys[@]}"; do
            line=$(sed -n 2p "$key")
            run ! grep -qF "$line" "/proc/$held/cmdline" held.out held.err
            run ! grep -rqF "$line" "$QUORATE_STATE" --include=journal.jsonl --include='*.log' --include='*.json'
        done
        [[ -z $(find "$QUORATE_STATE" -name '*.key' -perm /077) ]]
        kill_held
        "$QUORATE" plan undo latest --yes
    done
}
