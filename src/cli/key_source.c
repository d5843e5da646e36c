#include "cli/key_source.h"

bool
app_key_source_of(struct app *app, const char *path, struct operation_face *face,
                  struct key_source **ret_source, struct error *e)
{
    struct etcd_client *client;

    if (path != NULL && path[0] != '\0')
        return key_source_open_file(path, &face->observer, ret_source, e);
    return app_etcd(app, &client, e) &&
           key_source_open_cluster(client, &face->observer, ret_source, e);
}

bool
app_key_source(struct app *app, struct operation_face *face, struct key_source **ret_source,
               struct error *e)
{
    return app_key_source_of(app, option_text(&app->options, "file"), face, ret_source, e);
}
