#include "engine/blame.h"

#include <string.h>

/*
 *   the page says     candidates                       they become
 *   nonsense          all that are not done            uncertain: a damaged page may hide a start
 *   reading           all that are not done            faulty
 *   rendering, composing   that item                   faulty
 *   sending           those started and not done       uncertain
 */
static bool is_candidate(const struct blame_case *c, const struct progress *p, bool sound, size_t i)
{
    if (c->done[i])
        return false;
    if (!sound || p->stage == PROGRESS_READING)
        return true;
    if (p->stage == PROGRESS_SENDING)
        return progress_page_has_started(c->page, i);
    return p->item == i;
}

void blame_judge(const struct blame_case *c, struct blame *out, enum progress_stage *out_stage)
{
    struct progress p = {PROGRESS_SENDING, 0};
    bool sound = progress_page_read(c->page, c->count, &p);
    enum blame_role guilty = !sound || p.stage == PROGRESS_SENDING ? BLAME_UNCERTAIN : BLAME_FAULTY;
    bool waited = c->deadline && guilty == BLAME_UNCERTAIN;
    size_t candidates = 0;
    *out_stage = p.stage;
    if (!progress_page_is_ready(c->page)) {
        memset(out, 0, c->count * sizeof(*out)); /* BLAME_INNOCENT */
        return;
    }
    for (size_t i = 0; i < c->count; i++)
        candidates += is_candidate(c, &p, sound, i) ? 1 : 0;
    bool nobody = candidates == 0;
    for (size_t i = 0; i < c->count; i++) {
        out[i] = (struct blame){.role = nobody ? BLAME_TRANSPORT : BLAME_INNOCENT};
        if (!is_candidate(c, &p, sound, i))
            continue;
        out[i] = (struct blame){.role = guilty,
                                .crashed = candidates == 1 && !waited,
                                .suspect = candidates > 1 && !waited};
    }
}
