#!/usr/bin/env bats
#
# quorate.yaml: its clusters in every command, what is said about a file that is wrong, and the commands
# that make the file and compare it with the world.

# shellcheck disable=SC2030,SC2031 # each test has variables of its own
# shellcheck disable=SC2154 # stderr and stderr_lines come from run --separate-stderr
bats_require_minimum_version 1.5.0
load ../harness/lab

setup() {
    lab_setup
    unset "${!QUORATE_C@}" QUORATE_REPO
    export HOME=$BATS_TEST_TMPDIR/home
    mkdir "$HOME" "$BATS_TEST_TMPDIR/work"
    cd "$BATS_TEST_TMPDIR/work" || return
}

teardown() {
    etcd_stop
    lab_teardown
}

@test "--cluster NAME takes endpoints, TLS files, user and repository from the file" {
    local tls
    etcd_start "$ETCD_VERSION" 3 --tls --auth
    tls=$(etcd_dir)/tls
    cat >quorate.yaml <<END
clusters:
  prod:
    endpoints: ["$(etcd_endpoints 2)"]
    tls:
      ca_file: tls/ca.crt   # beside this file
      cert_file: $tls/client.crt
      key_file: $tls/client.key
    user:
      name: root
      password_file: password
    repository: backups
END
    ln -s "$tls" tls
    echo secret >password
    chmod 600 password
    run -0 --separate-stderr "$QUORATE" put --cluster prod k v
    [[ $output == OK && -z $stderr ]]
    # From any other place, by the variable.
    export QUORATE_CONFIG=$PWD/quorate.yaml QUORATE_CLUSTER=prod
    cd /
    [[ $("$QUORATE" get k --print-value-only) == v ]]
    [[ $("$QUORATE" member list | wc -l) -eq 3 ]]
    [[ $("$QUORATE" endpoint status -w json | jq length) -eq 1 ]]
    [[ $("$QUORATE" endpoint status --cluster -w json | jq length) -eq 3 ]]
    [[ $("$QUORATE" keys ls -w json | jq -r '.. | .name? // empty' | grep -c '^k') -eq 1 ]]
    "$QUORATE" backup now
    [[ -d $BATS_TEST_TMPDIR/work/backups/prod ]]
    [[ $("$QUORATE" backup list -w json | jq '.backups | length') -eq 1 ]]
    # A flag stands above the file, the file above variables.
    run -12 "$QUORATE" status --endpoints https://127.0.0.1:1
    ETCDCTL_ENDPOINTS=127.0.0.1:1 ETCDCTL_CACERT=/none ETCDCTL_USER=nobody:x run -0 "$QUORATE" get k
    run -2 --separate-stderr "$QUORATE" get k --user root:wrong
    [[ $stderr == *'invalid user ID or password'* ]]
}

@test "the password is in the environment, and a file that others read is told" {
    etcd_start "$ETCD_VERSION" 1 --auth
    cat >c.yaml <<END
clusters:
  prod:
    endpoints: ["$(etcd_endpoints)"]
    user: {name: root, password_environment: PROD_PASSWORD}
  filed:
    endpoints: ["$(etcd_endpoints)"]
    user: {name: root, password_file: p}
END
    PROD_PASSWORD=secret run -0 "$QUORATE" --config c.yaml --cluster prod put k v
    run --separate-stderr "$QUORATE" --config c.yaml --cluster prod get k
    [[ $status -ne 0 && $stderr == "Error: the password of 'root' is not in PROD_PASSWORD, where '$PWD/c.yaml' says"* ]]
    echo secret >p
    chmod 644 p
    run -0 --separate-stderr "$QUORATE" --config c.yaml --cluster filed get k
    [[ $output == k$'\n'v ]]
    [[ $stderr == "Warning: the password in '$PWD/p' can be read by others (mode 0644): chmod 0600 '$PWD/p'" ]]
    chmod 600 p
    chmod 666 c.yaml
    run -0 --separate-stderr "$QUORATE" --config c.yaml --cluster filed get k
    [[ $stderr == "Warning: '$PWD/c.yaml' can be changed by others (mode 0666): chmod go-w '$PWD/c.yaml'" ]]
}

@test "what is wrong in the file is said with its place, and nothing is asked of anybody" {
    printf 'clusters:\n  prod:\n    endpoint: [h:1]\n' >quorate.yaml
    run -9 --separate-stderr "$QUORATE" status --cluster prod
    [[ ${stderr_lines[0]} == "Error: $PWD/quorate.yaml:3:5: unknown key 'endpoint'" ]]
    [[ ${stderr_lines[1]} == "Hint: did you mean 'endpoints'?" ]]
    run -9 "$QUORATE" cluster list
    run -4 "$QUORATE" cluster list --config none.yaml
    [[ $output == "Error: 'none.yaml': there is no such file"* ]]
    printf 'clusters:\n  prod:\n    endpoints: [h:1]\n' >quorate.yaml
    run -4 --separate-stderr "$QUORATE" status --cluster prdo
    [[ ${stderr_lines[0]} == "Error: cluster 'prdo' is not known" ]]
    [[ ${stderr_lines[1]} == "Hint: did you mean 'prod'? '$PWD/quorate.yaml' has: prod" ]]
    # Labs and clusters without a file go on as ever.
    rm quorate.yaml
    run -4 "$QUORATE" status --cluster prod
    run -0 "$QUORATE" cluster list
}

@test "list and show say what is configured, of labs too" {
    lab_up --members 1
    cp "$BATS_TEST_DIRNAME/../../docs/formats/inventory-example.yaml" quorate.yaml
    run -0 "$QUORATE" cluster list -w json
    [[ $(jq -r '[.clusters[].name] | join(" ")' <<<"$output") == 'prod staging lab:t' ]]
    run -0 "$QUORATE" cluster show prod -w json
    jq -e '.cluster.clusterId == "7ca84cf0d4e4ce24" and (.members | length == 3)
        and .members[1].runs == "static-pod:/etc/kubernetes/manifests/etcd.yaml"' <<<"$output"
    run -0 "$QUORATE" cluster show --cluster lab:t -w json
    jq -e '.members[0].host == "local:" and .members[0].runs == "process"' <<<"$output"
    run -2 "$QUORATE" cluster show
    [[ $output == *"'cluster show' needs a cluster's NAME"* ]]
    [[ $("$QUORATE" __complete -- get --cluster '' | cut -f 1 | xargs) == 'prod staging lab:t :list' ]]
}

@test "recover refuses a cluster of which no member is known" {
    printf 'clusters:\n  prod:\n    endpoints: [127.0.0.1:1]\n' >quorate.yaml
    cp "$BATS_TEST_DIRNAME/../golden/snap/rich-3.5.30.snap" a.snap
    run -3 --separate-stderr "$QUORATE" recover --cluster prod --file a.snap --yes
    [[ ${stderr_lines[0]} == "Error: cluster 'prod' names no member, so nobody knows what to stop" ]]
    [[ ${stderr_lines[1]} == 'Hint: quorate cluster discover --cluster prod --host HOST --write' ]]
}

# bats test_tags=each-etcd
@test "discover makes the entry from one endpoint, and check finds where they part" {
    local id text
    etcd_start "$ETCD_VERSION" 3 --tls
    run -0 --separate-stderr with_cluster "$QUORATE" cluster discover --name prod --endpoints "$(etcd_endpoints 2)"
    text=$output
    [[ -z $stderr && ${lines[0]} == clusters: && ${lines[1]} == '  prod:' ]]
    run -0 with_cluster "$QUORATE" cluster discover --name prod --endpoints "$(etcd_endpoints 2)" --write --config q/my.yaml
    [[ $output == "cluster 'prod' is in '$PWD/q/my.yaml'" ]]
    [[ $(<q/my.yaml) == "$text" && $(stat -c %a q/my.yaml) == 644 ]]
    export QUORATE_CONFIG=$PWD/q/my.yaml
    run -0 --separate-stderr "$QUORATE" cluster check prod
    [[ $output == *"'$QUORATE_CONFIG' and the cluster agree"* ]]
    run -0 "$QUORATE" cluster check prod -w json
    jq -e '.differences == []' <<<"$output"
    [[ $("$QUORATE" cluster show prod -w json | jq -r '[.members[].name] | sort | join(" ")') == 'm1 m2 m3' ]]
    "$QUORATE" put --cluster prod k v

    # A member leaves; another URL and an old version stand in the file. Comments and quotes stay.
    id=$(jq -r '.members[] | select(.name == "m3") | .id' < <("$QUORATE" cluster show prod -w json))
    wait_for 30 "$QUORATE" member remove --cluster prod "$id"
    sed -i -e 's/^  prod:/  # ours\n  prod:   # do not touch/' -e '/  id: .*/s/$/  # as etcd says/' \
        -e "s/version: .*/version: '3.3.0'/" -e '/m1:/,/peer_urls/s/client_urls: .*/client_urls: ["http:\/\/old:1"]/' q/my.yaml
    sed -i '/m2:/a \        host: ssh://root@h2   # by hand' q/my.yaml
    cp q/my.yaml before.yaml
    run -1 "$QUORATE" cluster check prod -w json
    jq -e '[.differences[] | .what + " " + .member] | sort
        == ["client-urls m1", "member-missing m3", "version m1", "version m2"]' <<<"$output"
    run -0 --separate-stderr "$QUORATE" cluster discover --cluster prod --write
    [[ ${stderr_lines[0]} == "Warning: member 'm3' is in the file, and not in the cluster: --prune takes it out" ]]
    [[ ${stderr_lines[1]} == "cluster 'prod' is in '$QUORATE_CONFIG'; as it was: $QUORATE_CONFIG.before-"* ]]
    cmp q/my.yaml.before-* before.yaml
    [[ $(diff before.yaml q/my.yaml | grep -c '^[<>]') -eq 4 ]]
    diff before.yaml q/my.yaml | grep "^< *version: '3.3.0'"
    diff before.yaml q/my.yaml | grep '^< *client_urls: \["http://old:1"\]'
    run -1 "$QUORATE" cluster check prod
    run -0 "$QUORATE" cluster discover --cluster prod --write --prune
    run -0 "$QUORATE" cluster check prod
    run -1 grep m3: q/my.yaml
    run -0 "$QUORATE" cluster discover --cluster prod --write
    [[ $output == "'$QUORATE_CONFIG' says all that already" ]]
}

@test "an entry of another cluster is found out, and not overwritten" {
    etcd_start "$ETCD_VERSION" 1
    "$QUORATE" cluster discover --endpoints "$(etcd_endpoints)" --name prod --write --config c.yaml
    ETCD_CLUSTER=other etcd_start "$ETCD_VERSION" 1
    sed -i "s#endpoints: .*#endpoints: [$(ETCD_CLUSTER=other etcd_endpoints)]#" c.yaml
    run -2 "$QUORATE" cluster check prod --config c.yaml -w json
    jq -e '[.differences[].what] | index("cluster-id") != null' <<<"$output"
    cp c.yaml before.yaml
    run -18 --separate-stderr "$QUORATE" cluster discover --cluster prod --config c.yaml --write
    [[ ${stderr_lines[0]} == "Error: cluster 'prod' of '$PWD/c.yaml' has the id "*", this one has "* ]]
    cmp c.yaml before.yaml
    # One of two endpoints leads elsewhere.
    sed -i "s#endpoints: .*#endpoints: [$(etcd_endpoints), $(ETCD_CLUSTER=other etcd_endpoints)]#" c.yaml
    run -2 "$QUORATE" cluster check prod --config c.yaml -w json
    jq -e '[.differences[].what] == ["endpoint"]' <<<"$output"
    run -2 "$QUORATE" cluster discover --endpoints "$(etcd_endpoints)" --name 'a b'
    [[ $output == "Error: 'a b' cannot name a cluster"* ]]
    # The cluster is down: that is no difference.
    etcd_stop
    run -12 "$QUORATE" cluster check prod --config c.yaml
}

@test "this machine as a host: directories and certificates of what runs here" {
    etcd_start "$ETCD_VERSION" 1 --tls
    run -0 with_cluster "$QUORATE" cluster discover --name prod --host local: --endpoints "$(etcd_endpoints)" --write --config c.yaml
    grep -x "        data_dir: $(etcd_dir 1)/data" c.yaml
    grep -x "          key_file: $(etcd_dir)/tls/server.key" c.yaml
    grep -x '        host: "local:"' c.yaml
    run -0 "$QUORATE" cluster check prod --hosts --config c.yaml
    sed -i 's#data_dir: .*#data_dir: /elsewhere#' c.yaml
    run -1 "$QUORATE" cluster check prod --hosts --config c.yaml -w json
    jq -e '[.differences[] | .what, .configured] == ["data-dir", "/elsewhere"]' <<<"$output"
    run -2 "$QUORATE" cluster discover --name prod --host db1 --endpoints "$(etcd_endpoints)"
    [[ $output == "Error: 'db1' is neither local: nor ssh://[USER@]HOST[:PORT]"* ]]
}

@test "discover writes no password" {
    etcd_start "$ETCD_VERSION" 1 --auth
    run -0 "$QUORATE" cluster discover --endpoints "$(etcd_endpoints)" --user root:secret
    [[ $output == *$'\n    user: root\n'* && $output != *secret* && $output == *'  etcd-'* ]]
}
