#include "letters/preview_write.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/file.h"

static int make_folder_of(const char *path, struct error *err)
{
    const char *slash = strrchr(path, '/');
    if (slash == NULL || slash == path)
        return 0;
    char *folder = xstrndup(path, (size_t)(slash - path));
    int rc = file_make_directory(folder, 0755, err);
    free(folder);
    return rc;
}

int preview_write_file(const char *path, const struct buf *text, bool replace, struct error *err)
{
    int rc = make_folder_of(path, err);
    if (rc != 0)
        return rc;
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | (replace ? O_TRUNC : O_EXCL), 0644);
    if (fd < 0 && errno == EEXIST)
        return error_set(err, ERR_CONFLICT, "%s is there already; nothing was overwritten", path);
    if (fd < 0)
        return error_errno(err, ERR_IO, "cannot write %s", path);
    rc = file_write_all(fd, buf_text(text), text->len, path, err);
    if (close(fd) != 0 && rc == 0)
        rc = error_errno(err, ERR_IO, "cannot write %s", path);
    return rc;
}
