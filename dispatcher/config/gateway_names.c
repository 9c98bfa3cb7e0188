#include "config/gateway_names.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/text.h"

#define ENDING ".yaml"

static int is_description(const struct dirent *entry)
{
    return entry->d_name[0] != '.' && text_ends_with(entry->d_name, ENDING);
}

void gateway_names_list(const char *directory, char ***out, size_t *out_count)
{
    struct dirent **entries = NULL;
    int count = scandir(directory, &entries, is_description, alphasort);
    *out_count = count > 0 ? (size_t)count : 0;
    *out = xcalloc(*out_count + 1, sizeof(char *));
    for (size_t i = 0; i < *out_count; i++) {
        const char *name = entries[i]->d_name;
        (*out)[i] = xstrndup(name, strlen(name) - strlen(ENDING));
        free(entries[i]);
    }
    free(entries);
}

char *gateway_names_closest(const char *directory, const char *name)
{
    char **names;
    size_t count;
    gateway_names_list(directory, &names, &count);
    const char *meant = text_closest(name, (const char *const *)names, count);
    char *copy = meant != NULL ? xstrdup(meant) : NULL;
    for (size_t i = 0; i < count; i++)
        free(names[i]);
    free(names);
    return copy;
}
