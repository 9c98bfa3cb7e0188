#include "config/path.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/alloc.h"
#include "base/file.h"
#include "base/text.h"

char *path_directory(const char *file)
{
    const char *slash = strrchr(file, '/');
    if (slash == NULL)
        return xstrdup(".");
    return slash == file ? xstrdup("/") : xstrndup(file, (size_t)(slash - file));
}

static bool can_step_up(const char *directory)
{
    struct stat facts;
    const char *slash = strrchr(directory, '/');
    const char *last = slash != NULL ? slash + 1 : directory;
    if (last[0] == '\0' || strcmp(last, ".") == 0 || strcmp(last, "..") == 0)
        return false;
    return lstat(directory, &facts) == 0 && S_ISDIR(facts.st_mode);
}

/* Cuts the last part off: "a/b" -> "a", "/a" -> "/", "a" -> "". */
static void step_up(char *directory)
{
    char *slash = strrchr(directory, '/');
    if (slash == NULL)
        directory[0] = '\0';
    else
        slash[slash == directory ? 1 : 0] = '\0';
}

char *path_resolve(const char *directory, const char *path)
{
    if (directory == NULL || path[0] == '/')
        return xstrdup(path);
    char *base = xstrdup(directory);
    while (text_starts_with(path, "../") && can_step_up(base)) {
        step_up(base);
        path += 3;
    }
    bool here = base[0] == '\0' || strcmp(base, ".") == 0;
    char *joined = file_join(here ? NULL : base, path);
    free(base);
    return joined;
}
