#include "channel/bounce_said.h"

struct bounce_said *bounce_said_add(struct bounce_said_list *list)
{
    if (list->count == BOUNCE_SAID_MAX)
        return NULL;
    struct bounce_said *said = &list->items[list->count++];
    *said = (struct bounce_said){0};
    return said;
}

void bounce_said_clear(struct bounce_said_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        buf_free(&list->items[i].original);
        buf_free(&list->items[i].final);
        buf_free(&list->items[i].words);
    }
    list->count = 0;
    buf_free(&list->envelope_id);
}
