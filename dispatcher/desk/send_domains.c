#include "desk/send_domains.h"

#include <stdlib.h>
#include <strings.h>

#include "base/alloc.h"
#include "model/address.h"
#include "people/seen.h"

/* Behind that many, those that were seen last have few people each. */
#define DOMAINS_MAX 65536

struct asked {
    const struct send_domains *domains;
    const char *domain;
};

static bool is_same(void *context, uint32_t record)
{
    const struct asked *a = context;
    return strcasecmp(a->domains->all[record].domain, a->domain) == 0;
}

/* Letter case is no difference: the hash is of small letters. */
static char *to_small(const char *domain)
{
    char *small = xstrdup(domain);
    for (char *at = small; *at != '\0'; at++)
        *at = *at >= 'A' && *at <= 'Z' ? (char)(*at - 'A' + 'a') : *at;
    return small;
}

void send_domains_add(struct send_domains *d, const char *email)
{
    const char *domain = address_domain(email);
    if (domain == NULL)
        return;
    if (d->seen == NULL)
        d->seen = seen_open(DOMAINS_MAX);
    char *small = to_small(domain);
    struct asked asked = {.domains = d, .domain = small};
    int64_t at = seen_add(d->seen, seen_hash(small), (uint32_t)d->count, is_same, &asked);
    if (at == SEEN_NEW) {
        d->all = xreallocarray(d->all, d->count + 1, sizeof(*d->all));
        d->all[d->count++] = (struct send_domain){.domain = small, .people = 1};
        return;
    }
    if (at >= 0)
        d->all[at].people++;
    free(small);
}

void send_domains_free(struct send_domains *d)
{
    for (size_t i = 0; i < d->count; i++)
        free(d->all[i].domain);
    free(d->all);
    if (d->seen != NULL)
        seen_close(d->seen);
    *d = (struct send_domains){0};
}

int64_t send_rate_ms(const struct rate *r, int64_t count)
{
    if (r->count <= 0 || count == 0)
        return 0;
    return (int64_t)((double)count / (double)r->count * (double)r->per_ms + 0.5);
}

int64_t send_domains_slowest_ms(const struct send_domains *d, const struct transport *t,
                                const struct send_domain **out)
{
    int64_t longest = 0;
    *out = NULL;
    for (size_t i = 0; t->domain_count > 0 && i < d->count; i++) {
        int64_t ms = send_rate_ms(settings_domain_rate(t, d->all[i].domain), d->all[i].people);
        if (ms > longest) {
            longest = ms;
            *out = &d->all[i];
        }
    }
    return longest;
}
