/* A manifest for etcd where there is none to take after: kubeadm's shape, with settings given. */
#ifndef QUORATE_FORMAT_SETTINGS_POD_MAKE_H
#define QUORATE_FORMAT_SETTINGS_POD_MAKE_H

#include "base/arena.h"
#include "base/bytes.h"
#include "format/settings/settings.h"

/*
 * The text of a static pod's manifest: etcd with the settings in force as its flags, on the host's network,
 * alive as long as it answers. Paths are the same in the container as on the host, for which the directory of
 * the data, that of a log apart and those of all files are volumes. Without a port for metrics it gets one on
 * loopback, where it is asked whether it lives. In 'mem'.
 *
 * settings  with "data-dir".
 * image     "registry.k8s.io/etcd:3.5.30-0"
 * Source    kubeadm's etcd.yaml, cmd/kubeadm/app/phases/etcd/local.go.
 */
struct bytes pod_manifest_make(struct arena *mem, const struct etcd_settings *settings,
                               const char *image);

#endif
