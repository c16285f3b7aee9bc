/* Unpacks an archive in the present folder: libarchive. What is in it cannot leave the folder: an entry that would is an
 * error, and nothing is ever written through a link. */
#ifndef MU_FETCH_UNPACK_H
#define MU_FETCH_UNPACK_H
#include <glib.h>

/* By its name the file is one that the Mesos fetcher unpacks: .tar, .tar.gz, .tgz, .tar.bz2, .tbz2, .tar.xz, .txz, .zip, .gz;
 * and .tar.zst. */
gboolean mu_fetch_is_archive(const char *name);
/* Unpacks the file, whose name says what it is; a .gz alone becomes the file without that ending. */
gboolean mu_fetch_unpack(const char *name, GError **error);
#endif
