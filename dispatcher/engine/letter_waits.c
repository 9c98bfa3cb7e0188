#include "engine/letter_waits.h"

#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

#define KEEP_MS INT64_C(300000)
#define MOST    1000000 /* beyond that they are read again, no more */

struct waiting {
    char *name;
    const char *reason; /* one of the list */
    int round;          /* in which it was read last */
};

static int compare(const void *a, const void *b)
{
    const struct waiting *one = a, *other = b;
    return strcmp(one->name, other->name);
}

/* As many as letters have a mistake: a list is enough. */
static const char *share_reason(struct letter_waits *w, const char *reason)
{
    for (size_t i = 0; i < w->reason_count; i++)
        if (strcmp(w->reasons[i], reason) == 0)
            return w->reasons[i];
    w->reasons = xreallocarray(w->reasons, w->reason_count + 1, sizeof(*w->reasons));
    w->reasons[w->reason_count] = xstrdup(reason);
    return w->reasons[w->reason_count++];
}

static struct waiting *find(const struct letter_waits *w, const char *name)
{
    char *copy = xstrdup(name);
    const struct waiting wanted = {.name = copy};
    void *const *found = tfind(&wanted, &w->names, compare);
    free(copy);
    return found != NULL ? *found : NULL;
}

bool letter_waits_note(struct letter_waits *w, const char *name, const char *reason,
                       int64_t mono_ms)
{
    struct waiting *one = find(w, name);
    if (one != NULL)
        one->round = w->round;
    if (one != NULL || w->count >= MOST)
        return false;
    one = xmalloc(sizeof(*one));
    *one = (struct waiting){
        .name = xstrdup(name), .reason = share_reason(w, reason), .round = w->round};
    if (tsearch(one, &w->names, compare) == NULL)
        abort(); /* out of memory ends the process */
    w->since_mono_ms = w->count == 0 ? mono_ms : w->since_mono_ms;
    w->count++;
    return true;
}

const char *letter_waits_find(const struct letter_waits *w, const char *name)
{
    const struct waiting *found = w->count > 0 ? find(w, name) : NULL;
    return found != NULL && found->round == w->round ? found->reason : NULL;
}

static void free_one(void *one)
{
    struct waiting *waiting = one;
    free(waiting->name);
    free(waiting);
}

void letter_waits_forget(struct letter_waits *w)
{
    tdestroy(w->names, free_one);
    for (size_t i = 0; i < w->reason_count; i++)
        free(w->reasons[i]);
    free(w->reasons);
    *w = (struct letter_waits){0};
}

void letter_waits_tend(struct letter_waits *w, int64_t mono_ms)
{
    if (w->count == 0 || mono_ms - w->since_mono_ms < KEEP_MS)
        return;
    w->round++;
    w->since_mono_ms = mono_ms;
}
