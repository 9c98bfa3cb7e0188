#include "letters/golden.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/alloc.h"
#include "base/file.h"
#include "render/renderer.h"

#define GOLDEN_MAX ((size_t)4 * 1024 * 1024)

struct checking {
    const struct library *library;
    int template_index;
    struct problems problems;
};

static const char rule[] = "golden";

static const char *name_of(const struct checking *c)
{
    const char *directory = library_template_directory(c->library, (size_t)c->template_index);
    const char *slash = strrchr(directory, '/');
    return slash != NULL ? slash + 1 : directory;
}

static void tell_difference(struct checking *c, const char *path, const struct golden_difference *d)
{
    struct place at = {path, d->line, d->column};
    if (d->says_now == NULL)
        problems_add_error(&c->problems, &at, rule,
                           "the letter ends here now; if that is right: dispatcher golden write %s",
                           name_of(c));
    else
        problems_add_error(&c->problems, &at, rule,
                           "the letter now says \"%s\" here; if that is right: dispatcher golden "
                           "write %s",
                           d->says_now, name_of(c));
}

static int check_text(void *context, const char *path, const struct buf *text, struct error *err)
{
    struct checking *c = context;
    struct golden_difference d;
    struct place at = {path, 0, 0};
    struct buf file = {0};
    struct error why;
    (void)err;
    if (text == NULL)
        return 0;
    int rc = file_read_path(path, GOLDEN_MAX, &file, &why);
    if (rc == ERR_NOT_FOUND) {
        problems_add_error(&c->problems, &at, rule,
                           "there is no such golden file: dispatcher golden write %s", name_of(c));
    } else if (rc != 0) {
        problems_add_error(&c->problems, &at, rule, "%s", why.text);
    } else if (golden_compare(&file, text, &d)) {
        tell_difference(c, path, &d);
        golden_difference_free(&d);
    }
    buf_free(&file);
    return 0;
}

static int check_wanted(void *context, const char *path, const struct buf *text, struct error *err)
{
    struct checking *c = context;
    struct place at = {path, 0, 0};
    (void)text;
    (void)err;
    if (!golden_is_wanted(c->library, c->template_index, path))
        problems_add_warning(&c->problems, &at, rule,
                             "no fixture and language belong to this file: dispatcher golden "
                             "write %s",
                             name_of(c));
    return 0;
}

static bool has_folder(const struct library *l, int index)
{
    struct stat facts;
    char *folder = file_join(library_template_directory(l, (size_t)index), "golden");
    bool there = stat(folder, &facts) == 0;
    free(folder);
    return there;
}

/* One line instead of one for each fixture and language. */
static void tell_none(struct checking *c, const char *directory, const char *name)
{
    struct place at = {directory, 0, 0};
    problems_add_error(&c->problems, &at, rule,
                       "there are no golden files yet: dispatcher golden write%s%s",
                       *name != '\0' ? " " : "", name);
}

static bool tell_none_at_all(struct checking *c)
{
    size_t count = library_template_count(c->library);
    for (size_t i = 0; i < count; i++) {
        if (has_folder(c->library, (int)i))
            return false;
    }
    if (count == 0)
        return false;
    const char *first = library_template_directory(c->library, 0), *slash = strrchr(first, '/');
    char *templates = xstrndup(first, slash != NULL ? (size_t)(slash - first) : strlen(first));
    tell_none(c, templates, "");
    free(templates);
    return true;
}

static int check_template(struct checking *c, struct renderer *renderer, int index,
                          struct error *err)
{
    c->template_index = index;
    if (!has_folder(c->library, index)) {
        tell_none(c, library_template_directory(c->library, (size_t)index), name_of(c));
        return 0;
    }
    int rc = golden_each(c->library, renderer, index, check_text, c, err);
    return rc == 0 ? golden_each_file(c->library, index, check_wanted, c, err) : rc;
}

/* "templates/apology/"; -1: no folder of a template. */
static int find_folder(const struct library *l, const char *path)
{
    size_t len = strlen(path);
    while (len > 0 && path[len - 1] == '/')
        len--;
    size_t start = len;
    while (start > 0 && path[start - 1] != '/')
        start--;
    char *name = xstrndup(path + start, len - start);
    int index = library_find_template(l, name);
    free(name);
    return index;
}

static int check_templates(struct checking *c, const struct invocation *inv,
                           struct renderer *renderer, struct error *err)
{
    bool all = argument_count(inv) == 0;
    if (all && tell_none_at_all(c))
        return 0;
    size_t count = all ? library_template_count(c->library) : argument_count(inv);
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < count; i++) {
        int index = all ? (int)i : find_folder(c->library, argument_at(inv, i));
        rc = index >= 0 ? check_template(c, renderer, index, err) : 0;
    }
    return rc;
}

void golden_check(const struct library *l, const struct invocation *inv, problem_fn *problem,
                  void *context)
{
    struct checking c = {.library = l, .problems = {.tell = problem, .context = context}};
    struct renderer *renderer = NULL;
    struct error err;
    int rc = renderer_open(l, &renderer, &err);
    if (rc == 0)
        rc = check_templates(&c, inv, renderer, &err);
    if (rc != 0)
        problems_add_failure(&c.problems, &err, rule);
    renderer_close(renderer);
}
