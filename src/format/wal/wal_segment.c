/* Names only: what is in the files is wal_reader's. */
#include "format/wal/wal_segment.h"

#include <inttypes.h>
#include <string.h>

#include "base/bytes.h"
#include "base/cursor.h"
#include "base/io.h"

const char *
wal_segment_name(struct arena *mem, uint64_t sequence, uint64_t first_index)
{
    return arena_printf(mem, "%016" PRIx64 "-%016" PRIx64 ".wal", sequence, first_index);
}

static bool
hex_u64(const char *text, uint64_t *ret_value)
{
    char digits[17] = {0};
    uint8_t raw[8];
    struct cursor c;

    memcpy(digits, text, 16);
    if (!hex_decode(digits, raw, sizeof(raw)))
        return false;
    c = cursor_of(bytes_of(raw, sizeof(raw)));
    return cursor_u64be(&c, ret_value);
}

bool
wal_segment_parse_name(const char *name, uint64_t *ret_sequence, uint64_t *ret_first_index)
{
    uint64_t sequence;
    uint64_t first_index;

    if (strlen(name) != 37 || name[16] != '-' || strcmp(name + 33, ".wal") != 0 ||
        !hex_u64(name, &sequence) || !hex_u64(name + 17, &first_index))
        return false;
    *ret_sequence = sequence;
    *ret_first_index = first_index;
    return true;
}

/* dir_list sorts, and hex of a fixed width sorts as its number. */
bool
wal_segments_list(struct arena *mem, const char *dir, struct wal_segment **ret_segments,
                  size_t *ret_count, struct error *e)
{
    ARRAY(struct wal_segment) segments = ARRAY_INIT;
    const char **names;
    size_t count;

    if (!dir_list(mem, dir, &names, &count, e))
        return false;
    for (size_t i = 0; i < count; i++) {
        struct wal_segment segment = {.name = names[i]};

        if (!wal_segment_parse_name(names[i], &segment.sequence, &segment.first_index))
            continue;
        if (segments.count == WAL_SEGMENTS_MAX)
            return error_set(e, ERROR_LIMIT, "'%s': more than %d WAL segments", dir,
                             WAL_SEGMENTS_MAX);
        segment.path = path_join(mem, dir, names[i]);
        *ARRAY_PUSH(mem, &segments) = segment;
    }
    if (segments.count == 0)
        return error_set(e, ERROR_NOT_FOUND, "'%s': no WAL segment", dir);
    *ret_segments = segments.items;
    *ret_count = segments.count;
    return true;
}

bool
wal_segments_from(const char *dir, uint64_t snapshot_index, struct wal_segment **segments,
                  size_t *count, struct error *e)
{
    size_t first = *count;

    while (first > 0 && (*segments)[first - 1].first_index > snapshot_index)
        first--;
    if (first == 0)
        return error_set(e, ERROR_NOT_FOUND,
                         "'%s': the WAL begins at raft index %" PRIu64 ", above %" PRIu64, dir,
                         (*segments)[0].first_index, snapshot_index);
    first--;
    for (size_t i = first + 1; i < *count; i++) {
        if ((*segments)[i].sequence != (*segments)[i - 1].sequence + 1)
            return error_set(e, ERROR_CORRUPT,
                             "'%s': WAL segments are missing between '%s' and '%s'", dir,
                             (*segments)[i - 1].name, (*segments)[i].name);
    }
    *segments += first;
    *count -= first;
    return true;
}
