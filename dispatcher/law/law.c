#include "law/law.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/file.h"
#include "base/text.h"
#include "law/sets.h"

static const char file_rule[] = "law-file";

static int is_rule_file(const struct dirent *entry)
{
    return entry->d_name[0] != '.' && text_ends_with(entry->d_name, ".yaml") ? 1 : 0;
}

/* By bytes: alphasort() would depend on the locale. */
static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static int read_file(struct law *l, const char *directory, const char *name,
                     struct problems *problems)
{
    char *path = file_join(directory, name);
    l->sets = xreallocarray(l->sets, l->count + 1, sizeof(*l->sets));
    int rc = ruleset_read(path, problems, &l->sets[l->count]);
    l->count++;
    free(path);
    return rc;
}

static int read_files(struct law *l, const char *directory, struct problems *problems)
{
    struct dirent **entries = NULL;
    struct error err = {0};
    int rc = 0;
    int count = scandir(directory, &entries, is_rule_file, by_name);
    if (count < 0) {
        struct place at = {directory, 0, 0};
        error_errno(&err, ERR_NOT_FOUND, "cannot read the rule sets");
        return problems_add_error(problems, &at, file_rule, "%s", err.text);
    }
    for (int i = 0; i < count; i++) {
        int failed = problems_stop_load(problems)
                         ? 0
                         : read_file(l, directory, entries[i]->d_name, problems);
        rc = failed != 0 ? failed : rc;
        free(entries[i]);
    }
    free(entries);
    return rc;
}

static const char *closest_id(const struct law *l, const char *id)
{
    const char **names = xcalloc(l->count + 1, sizeof(*names));
    for (size_t i = 0; i < l->count; i++)
        names[i] = l->sets[i].id;
    const char *closest = text_closest(id, names, l->count);
    free(names);
    return closest;
}

static int check_superseded(const struct law *l, const struct ruleset *s, struct problems *problems)
{
    const struct yaml_node *node = yaml_get(yaml_get(s->root, "ruleset"), "supersedes");
    if (node == NULL)
        return 0;
    const struct place at = {s->path, node->line, node->column};
    const struct ruleset *older = sets_find(l, s->supersedes);
    if (older == NULL) {
        const char *closest = closest_id(l, s->supersedes);
        return problems_add_error(problems, &at, file_rule, "there is no rule set %s%s%s%s",
                                  s->supersedes, closest != NULL ? "; did you mean " : "",
                                  closest != NULL ? closest : "", closest != NULL ? "?" : "");
    }
    if (older->from_day >= s->from_day)
        return problems_add_error(
            problems, &at, file_rule,
            "%s is not older than this set: its effective_from must be earlier", s->supersedes);
    return 0;
}

/* What only all files together can get wrong. */
static int check_together(const struct law *l, struct problems *problems)
{
    int rc = 0;
    for (size_t i = 0; i < l->count; i++) {
        const struct ruleset *s = &l->sets[i], *first = sets_find(l, s->id);
        const struct place at = {s->path, 1, 1};
        if (first != s)
            rc = problems_add_error(problems, &at, file_rule, "the rule set %s is also in %s",
                                    s->id, first->path);
        if (check_superseded(l, s, problems) != 0)
            rc = ERR_CONFIG;
    }
    return rc;
}

int law_load(const char *directory, struct problems *problems, struct law **out)
{
    struct law *l = xcalloc(1, sizeof(*l));
    int rc = read_files(l, directory, problems);
    if (rc == 0)
        rc = check_together(l, problems);
    *out = rc == 0 ? l : NULL;
    if (rc != 0)
        law_free(l);
    return rc;
}

void law_free(struct law *l)
{
    if (l == NULL)
        return;
    for (size_t i = 0; i < l->count; i++)
        ruleset_free(&l->sets[i]);
    free(l->sets);
    free(l);
}

bool law_has(const struct law *l, const char *ruleset)
{
    return sets_find(l, ruleset) != NULL;
}

const char *law_closest(const struct law *l, const char *ruleset)
{
    return closest_id(l, ruleset);
}
