/*
 * 'doctor': gathers one picture of a cluster, for the rules of cluster/doctor/doctor.h. Looks and changes nothing.
 */
#ifndef QUORATE_OPS_DOCTOR_H
#define QUORATE_OPS_DOCTOR_H

#include "base/observer.h"
#include "cluster/doctor/picture.h"
#include "etcd/client.h"
#include "ops/doctor_hosts.h"

struct doctor_request {
    const struct etcd_options *options;
    const struct inventory *inventory; /* NULL: endpoints are all that is known */
    const char *target;                /* as in struct doctor_picture */
    struct judge_days days;
    int64_t window_ms;     /* between the two looks at members' figures; 0: one look */
    enum host_looks hosts; /* on members' hosts, as far as the inventory has them */
    bool disk;             /* and measures a synced write there */
    const struct observer *observer;
};

/*
 * e       no endpoint answers. What cannot be had of one member is unknown in the picture, for a reason.
 * Memory  in 'mem'; options, inventory and target are pointed to.
 */
MUST_CHECK bool doctor_gather(struct arena *mem, const struct doctor_request *request,
                              struct doctor_picture *ret_picture, struct error *e);

#endif
