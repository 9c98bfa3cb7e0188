/*
 * A letter that worked until somebody made a mistake in it stays in use as it was: the library of
 * before lives as long as one of its letters is needed. A letter that is kept again comes from
 * where it was kept before, so that no chain of libraries grows.
 */
#include <string.h>

#include "base/alloc.h"
#include "render/library_backend.h"

/* In its place by name. */
static void insert(struct library *l, struct template *t, const unsigned char *sum)
{
    size_t count = l->template_count, at = 0;
    while (at < count && strcmp(l->templates[at]->name, t->name) < 0)
        at++;
    l->templates = xreallocarray(l->templates, count + 1, sizeof(struct template *));
    l->letter_sums = xreallocarray(l->letter_sums, count + 1, DIGEST_SIZE);
    memmove(l->templates + at + 1, l->templates + at, (count - at) * sizeof(struct template *));
    unsigned char *place = l->letter_sums + at * DIGEST_SIZE;
    memmove(place + DIGEST_SIZE, place, (count - at) * DIGEST_SIZE);
    l->templates[at] = t;
    memcpy(place, sum, DIGEST_SIZE);
    l->template_count++;
}

static struct library *find_owner(struct library *old, const char *name)
{
    for (size_t i = 0; i < old->refused_count; i++)
        if (old->refused[i].owner != NULL && strcmp(old->refused[i].name, name) == 0)
            return old->refused[i].owner;
    return old;
}

static void keep(struct library *l, struct refused *r, struct library *old, int at)
{
    r->owner = find_owner(old, r->name);
    r->owner->references++;
    insert(l, old->templates[at], old->letter_sums + (size_t)at * DIGEST_SIZE);
}

int library_keep(struct library *l, struct library *old, struct error *err)
{
    bool same = sources_share(&l->sources, &old->sources);
    for (size_t i = 0; i < l->refused_count; i++) {
        struct refused *r = &l->refused[i];
        int at = r->reason != NULL ? library_find_template(old, r->name) : -1;
        if (at < 0)
            continue;
        if (!same)
            return error_set(err, ERR_CONFIG, "%s", r->reason);
        keep(l, r, old, at);
    }
    return 0;
}

bool library_mends(const struct library *l, const struct library *old)
{
    for (size_t i = 0; i < l->template_count; i++) {
        struct error ignored;
        if (library_refuse_letter(old, l->templates[i]->name, &ignored) != 0)
            return true;
    }
    return false;
}
