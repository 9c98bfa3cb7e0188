#include "campaign/neighbours.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/alloc.h"
#include "base/file.h"
#include "base/text.h"
#include "base/yaml.h"
#include "campaign/campaign_read.h"
#include "campaign/fact_sheet_read.h"

bool neighbours_same_file(const char *a, const char *b)
{
    struct stat one, other;
    return a != NULL && b != NULL && stat(a, &one) == 0 && stat(b, &other) == 0 &&
           one.st_dev == other.st_dev && one.st_ino == other.st_ino;
}

static void ignore(void *context, const struct problem *p)
{
    (void)context;
    (void)p;
}

static void add_sheet(struct neighbours *n, const char *path)
{
    struct problems problems = {.tell = ignore};
    struct fact_sheet *s;
    if (fact_sheet_read(path, &problems, &s) != 0)
        return;
    size_t at = n->sheet_count++;
    n->sheets = xreallocarray(n->sheets, n->sheet_count, sizeof(struct fact_sheet *));
    for (; at > 0 && n->sheets[at - 1]->version > s->version; at--)
        n->sheets[at] = n->sheets[at - 1];
    n->sheets[at] = s;
}

static void add_campaign(struct neighbours *n, const char *path)
{
    struct problems problems = {.tell = ignore};
    struct campaign *c;
    if (campaign_read(path, &problems, &c) != 0)
        return;
    n->campaigns = xreallocarray(n->campaigns, n->campaign_count + 1, sizeof(struct campaign *));
    n->campaigns[n->campaign_count++] = c;
}

static void add_file(struct neighbours *n, const char *path, const char *incident)
{
    struct yaml_node *root = NULL;
    if (yaml_load(path, &root, NULL) != 0)
        return;
    if (yaml_get(root, "campaign") != NULL)
        add_campaign(n, path);
    else if (incident != NULL && text_equal(yaml_text(root, "incident"), incident))
        add_sheet(n, path);
    yaml_free(root);
}

void neighbours_read(const char *path, const char *incident, struct neighbours *out)
{
    const char *slash = strrchr(path, '/');
    char *directory = slash != NULL ? xstrndup(path, (size_t)(slash - path) + 1) : xstrdup(".");
    struct dirent **names = NULL;
    *out = (struct neighbours){0};
    int count = scandir(directory, &names, NULL, alphasort);
    for (int i = 0; i < count; i++) {
        char *file = file_join(slash != NULL ? directory : NULL, names[i]->d_name);
        if (text_ends_with(file, ".yaml"))
            add_file(out, file, incident);
        free(file);
        free(names[i]);
    }
    free(names);
    free(directory);
}

void neighbours_free(struct neighbours *n)
{
    for (size_t i = 0; i < n->sheet_count; i++)
        fact_sheet_free(n->sheets[i]);
    for (size_t i = 0; i < n->campaign_count; i++)
        campaign_free(n->campaigns[i]);
    free(n->sheets);
    free(n->campaigns);
    *n = (struct neighbours){0};
}
