/* Runs the rules, and says on the whole what they found. */
#include "cluster/data_dir_rules.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>

#include "cluster/data_dir_judging.h"

const char *
severity_word(enum severity severity)
{
    static const char *const words[] = {
        [SEVERITY_NOTE] = "note",
        [SEVERITY_LOSS] = "loss",
        [SEVERITY_STOP] = "stop",
        [SEVERITY_BLIND] = "unknown",
    };

    return words[severity];
}

struct dir_finding *
judging_add(struct judging *j, const char *rule, enum severity severity, const char *format, ...)
{
    struct dir_finding *f = ARRAY_PUSH(j->mem, &j->findings);
    va_list args;

    va_start(args, format);
    *f = (struct dir_finding){
        .rule = rule,
        .severity = severity,
        .text = arena_vprintf(j->mem, format, args),
        .evidence = "",
        .remedy = "",
        .command = "",
    };
    va_end(args);
    return f;
}

bool
judging_is_since(const struct judging *j, uint64_t minor)
{
    return j->has_version &&
           minor_version_compare(j->version, (struct minor_version){3, minor}) >= 0;
}

bool
judging_is_before(const struct judging *j, uint64_t minor)
{
    return j->has_version &&
           minor_version_compare(j->version, (struct minor_version){3, minor}) < 0;
}

static bool
version_read(const char *text, struct minor_version *ret_version)
{
    struct error ignored = ERROR_INIT;

    return text != NULL && text[0] != '\0' && minor_version_parse(text, ret_version, &ignored);
}

/* The cluster's version is what the member ran with last; a database of a cluster that has not agreed
 * on one yet still bears its release's marks. */
static bool
version_of(const struct data_dir_picture *picture, struct minor_version *ret_version)
{
    const struct db_picture *db = &picture->db;

    if (db->info_state == FACT_KNOWN)
        return version_read(db->info.cluster_version, ret_version) ||
               version_read(db->info.data_version, ret_version);
    for (size_t i = 0; i < picture->snap_count; i++) {
        const struct snap_picture *snap = &picture->snaps[i];

        if (snap->membership_state == FACT_KNOWN)
            return version_read(snap->membership.cluster_version, ret_version);
    }
    return false;
}

/* Stop above all, then what could not be seen, then loss, then notes. */
static int
rank_of(enum severity severity)
{
    static const int ranks[] = {
        [SEVERITY_NOTE] = 0, [SEVERITY_LOSS] = 1, [SEVERITY_BLIND] = 2, [SEVERITY_STOP] = 3};

    return ranks[severity];
}

/* Weightiest first, else as the rules found them: there are few, so by insertion. */
static void
findings_sort(struct dir_finding *items, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        struct dir_finding moved = items[i];
        size_t at = i;

        for (; at > 0 && rank_of(items[at - 1].severity) < rank_of(moved.severity); at--)
            items[at] = items[at - 1];
        items[at] = moved;
    }
}

static const char *
summary_of(const struct judging *j, enum severity worst)
{
    static const char *const verdicts[] = {
        [SEVERITY_NOTE] = "would start",
        [SEVERITY_LOSS] = "would start and lose data",
        [SEVERITY_STOP] = "would not start",
        [SEVERITY_BLIND] = "may start or not",
    };

    const char *because = worst == SEVERITY_NOTE ? "" : j->findings.items[0].text;
    const char *version = "";

    if (j->has_version)
        version = arena_printf(j->mem, " %" PRIu64 ".%" PRIu64, j->version.major, j->version.minor);
    return arena_printf(j->mem, "etcd%s %s%s%s", version, verdicts[worst],
                        because[0] != '\0' ? ": " : "", because);
}

static void
rules_of_content(struct judging *j)
{
    rules_of_log(j);
    rules_of_database(j);
    rules_of_versions(j);
    rules_of_members(j);
    rules_of_files(j);
}

void
data_dir_judge(struct arena *mem, const struct data_dir_picture *picture,
               const struct dir_request *request, struct dir_judgement *ret_judgement)
{
    struct judging j = {
        .mem = mem,
        .picture = picture,
        .quota_bytes = request->quota_bytes != 0 ? request->quota_bytes : QUOTA_DEFAULT_BYTES,
    };
    enum severity worst;

    j.has_version = request->version != NULL || version_of(picture, &j.version);
    if (request->version != NULL)
        j.version = *request->version;
    judging_find_start(&j);
    rules_of_access(&j);
    /* Under a running member everything else is on the move. */
    if (!picture->db_lock.is_held && !picture->wal_lock.is_held)
        rules_of_content(&j);
    findings_sort(j.findings.items, j.findings.count);
    worst = j.findings.count > 0 ? j.findings.items[0].severity : SEVERITY_NOTE;
    *ret_judgement = (struct dir_judgement){
        .has_version = j.has_version,
        .version = j.version,
        .worst = worst,
        .summary = summary_of(&j, worst),
        .findings = j.findings.items,
        .finding_count = j.findings.count,
    };
}
