#!/usr/bin/env bats
#
# What the suite passes over, the README tells: every excuse names a row of its table of differences.

@test "each difference that is passed over has its line in the README" {
    local name missing=
    while IFS= read -r name; do
        grep -qF "| $name |" "$BATS_TEST_DIRNAME/../../README.md" || missing+="$name"$'\n'
    done < <(PYTHONDONTWRITEBYTECODE=1 python3 "$BATS_TEST_DIRNAME/engine/main.py" excuses \
        "$BATS_TEST_DIRNAME/cases")
    printf '%s' "$missing"
    [[ -z $missing ]]
}
