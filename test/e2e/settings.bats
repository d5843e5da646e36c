#!/usr/bin/env bats
# bats file_tags=each-etcd
#
# The table of etcd's flags against the etcd at hand: a flag that it lacks would be taken for an unknown one.

setup() {
    load ../harness/cluster
    root=$BATS_TEST_DIRNAME/../..
}

# "NAME bool" or "NAME value" for each flag that the table gives this minor version of 3.
table_flags() {
    awk -v minor="$1" -F'[(),] *' '/^FLAG\(/ {
        until = $5 == "FLAG_NEWEST" ? 255 : $5
        gsub(/"/, "", $2)
        if ($4 <= minor && minor <= until) print $2, ($3 == "BOOL" ? "bool" : "value")
    }' "$root/src/format/settings/etcd_flags.list"
}

@test "each flag that etcd's help names is in the table, and takes what the table says" {
    etcd=$(etcd_tool "$ETCD_VERSION" etcd)
    version=$("$etcd" --version | sed -n 's/^etcd Version: 3\.\([0-9]*\).*/\1/p')

    "$root/test/harness/etcd-flags" "$etcd" | sort -u >"$BATS_TEST_TMPDIR/real"
    table_flags "$version" | sort -u >"$BATS_TEST_TMPDIR/table"
    [ "$(wc -l <"$BATS_TEST_TMPDIR/real")" -gt 70 ]
    run comm -23 "$BATS_TEST_TMPDIR/real" "$BATS_TEST_TMPDIR/table"
    echo "etcd 3.$version has, and src/format/settings/etcd_flags.list lacks: $output"
    [ -z "$output" ]
}
