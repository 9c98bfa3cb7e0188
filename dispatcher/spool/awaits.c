#include "spool/spool.h"

#include <sys/stat.h>

#include "base/buf.h"

static bool is_there(const char *path, const char *name, size_t len, const char *ending)
{
    struct buf full = {0};
    struct stat st;
    buf_printf(&full, "%s/new/%.*s%s", path, (int)len, name, ending);
    bool there = lstat(buf_text(&full), &st) == 0;
    buf_free(&full);
    return there;
}

/* The recipient c_17 of the batch a_b is a_b_c_17: every part before a _ may be the batch. */
bool spool_awaits(const char *path, const char *id)
{
    size_t len = 0;
    for (; id[len] != '\0'; len++) {
        if (id[len] == '/')
            return false;
        if (len > 0 && id[len] == '_' && is_there(path, id, len, ""))
            return true;
    }
    return len > 0 && is_there(path, id, len, ".json");
}
