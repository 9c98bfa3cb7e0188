#include "spool/token_key.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"

#define KEY_NAME     "token.key"
#define KEY_SIZE_MAX ((size_t)4096)

static int check(const struct buf *bytes, const struct file_facts *facts, const char *spool,
                 struct error *err)
{
    if ((facts->mode & 0077) != 0)
        return error_set(
            err, ERR_CONFIG,
            "%s/%s may be read by others (mode %03o); whoever has it can forge reports "
            "on deliveries: chmod 600 it",
            spool, KEY_NAME, (unsigned)facts->mode & 0777);
    if (bytes->len != TOKEN_KEY_SIZE)
        return error_set(err, ERR_CONFIG,
                         "%s/%s is damaged (%zu bytes instead of %d); bring it back from a backup, "
                         "or remove it: a new one is made, and reports on what was sent before are "
                         "not believed any more",
                         spool, KEY_NAME, bytes->len, TOKEN_KEY_SIZE);
    return 0;
}

static int read_at(int dirfd, const char *spool, unsigned char out[TOKEN_KEY_SIZE],
                   struct error *err)
{
    const struct file_at at = {dirfd, KEY_NAME, KEY_NAME};
    struct file_facts facts;
    struct buf bytes = {0};
    int rc = file_read(at, KEY_SIZE_MAX, &bytes, &facts, err);
    if (rc == 0)
        rc = check(&bytes, &facts, spool, err);
    if (rc == 0)
        memcpy(out, bytes.data, TOKEN_KEY_SIZE);
    if (bytes.len > 0)
        explicit_bzero(bytes.data, bytes.len);
    buf_free(&bytes);
    return rc;
}

int token_key_read(const char *spool, unsigned char out[TOKEN_KEY_SIZE], struct error *err)
{
    if (access(spool, F_OK) != 0)
        return error_set(err, ERR_NOT_FOUND, "there is no spool at %s yet", spool);
    int dirfd = file_open_directory(spool, err);
    if (dirfd < 0)
        return dirfd;
    int rc = read_at(dirfd, spool, out, err);
    close(dirfd);
    return rc;
}

/* Through a file of its own in tmp/, linked to its name: nobody ever sees half a key, and none is
 * overwritten. */
static int make_at(int dirfd, const char *spool, const unsigned char fresh[TOKEN_KEY_SIZE],
                   struct error *err)
{
    char *tmp = file_join(spool, "tmp");
    int tmp_fd = file_open_directory(tmp, err);
    free(tmp);
    if (tmp_fd < 0)
        return tmp_fd;
    int rc = file_publish_secret(tmp_fd, dirfd, KEY_NAME, fresh, TOKEN_KEY_SIZE, err);
    close(tmp_fd);
    return rc == ERR_CONFLICT ? 0 : rc;
}

int token_key_make(const char *spool, const unsigned char fresh[TOKEN_KEY_SIZE],
                   unsigned char out[TOKEN_KEY_SIZE], struct error *err)
{
    int dirfd = file_open_directory(spool, err);
    if (dirfd < 0)
        return dirfd;
    int rc = read_at(dirfd, spool, out, err);
    if (rc == ERR_NOT_FOUND) {
        rc = make_at(dirfd, spool, fresh, err);
        if (rc == 0)
            rc = read_at(dirfd, spool, out, err);
    }
    close(dirfd);
    return rc;
}
