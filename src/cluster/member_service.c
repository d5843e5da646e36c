#include "cluster/member_service.h"

struct service
inventory_service(const struct inventory *inventory, const char *name)
{
    return (struct service){.class = &service_process, .name = name, .place = inventory->lab->dir};
}
