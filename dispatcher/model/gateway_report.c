#include "model/gateway_report.h"

#include <stdlib.h>

static void free_list(char **list, size_t count)
{
    for (size_t i = 0; i < count; i++)
        free(list[i]);
    free(list);
}

void gateway_report_free(struct gateway_report *r)
{
    if (r == NULL)
        return;
    for (size_t i = 0; i < r->state_count; i++)
        free(r->states[i].word);
    free(r->states);
    free_list(r->optout_values, r->optout_count);
    free_list(r->lasting_values, r->lasting_count);
    free(r->each);
    free(r->filter_from);
    free(r->filter_value);
    free(r->verify_name);
    free(r->verify_key);
    free(r->from);
    free(r->status_from);
    free(r->detail_from);
    free(r->optout_from);
    free(r->lasting_from);
    free(r->reply_type);
    free(r->reply_body);
    free(r);
}
