/*
 * Another membership for an existing v2 store: users' keys, their indexes and expiry stay, the members
 * below /0 are replaced.
 */
#ifndef QUORATE_FORMAT_V2_STORE_EDIT_H
#define QUORATE_FORMAT_V2_STORE_EDIT_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/bytes.h"
#include "base/error.h"
#include "format/member_identity.h"

/*
 * Writes a copy of a store that has 'member' and no other, and no removed ones.
 *
 * e       ERROR_FORMAT: no JSON, or not of the store's form.
 * Source  etcd 3.5 etcdutl/etcdutl/backup_command.go (mustTranslateV2store).
 */
MUST_CHECK bool v2_store_replace_members(struct buf *out, struct bytes store,
                                         const struct initial_member *member, struct error *e);

#endif
