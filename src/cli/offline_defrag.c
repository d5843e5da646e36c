#include "cli/offline_defrag.h"

#include "base/interrupt.h"
#include "base/time.h"
#include "cli/db_wait.h"
#include "cli/observe.h"
#include "ops/defrag.h"

bool
offline_defrag_run(struct app *app, const char *data_dir, struct error *e)
{
    struct operation_face face;
    struct defrag_result result;
    bool done;

    operation_face_begin(&face, app);
    done = defrag_data_dir(app->mem, data_dir, db_wait_ms(app), &face.observer, &result, e);
    operation_face_end(&face);
    if (!done && e->code == ERROR_CANCELLED)
        interrupt_die();
    if (!done)
        return error_wrap(e, "not defragmented");
    app_say(app, "defragmented '%s': %s before, %s of it in use, %s now", result.db_path,
            size_human(app->mem, result.file_bytes_before), size_human(app->mem, result.used_bytes),
            size_human(app->mem, result.file_bytes_after));
    return true;
}
