/* 'doctor --bundle': what was looked at, and what was found, as one archive for others to look at. */
#ifndef QUORATE_OPS_DOCTOR_BUNDLE_H
#define QUORATE_OPS_DOCTOR_BUNDLE_H

#include "cluster/doctor/doctor.h"

struct doctor_bundle {
    const char *path; /* as it was asked for */
    size_t file_count;
    uint64_t size_bytes;
};

/*
 * Writes a tar archive, packed with gzip, with mode 0600: about.txt, findings.json, members.json, and of each member in a
 * folder of its name metrics.txt, settings.txt and log.txt, as far as they were had. Keys, values, passwords and tokens are
 * not in it, nor any file that settings name. Packed by the system's tar.
 *
 * e  ERROR_EXISTS: the file is there. ERROR_NOT_FOUND: no tar. ERROR_FAILED: what tar says.
 */
MUST_CHECK bool doctor_bundle_write(struct arena *mem, const char *path,
                                    const struct doctor_picture *picture,
                                    const struct diagnosis *diagnosis,
                                    struct doctor_bundle *ret_bundle, struct error *e);

#endif
