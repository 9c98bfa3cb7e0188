/* How many people of a campaign are at each mail domain: a domain with a rate of its own may be
 * what all others wait for in vain. */
#ifndef DESK_SEND_DOMAINS_H
#define DESK_SEND_DOMAINS_H

#include <stddef.h>
#include <stdint.h>

#include "model/settings.h"

struct seen;

struct send_domain {
    char *domain;
    int64_t people;
};

struct send_domains {
    struct seen *seen;
    struct send_domain *all;
    size_t count;
};

/* Zero-initialise. One person more at the domain of this address. */
void send_domains_add(struct send_domains *d, const char *email);
void send_domains_free(struct send_domains *d);

/* How long so many take at this rate; 0: it does not slow them down. */
int64_t send_rate_ms(const struct rate *r, int64_t count);
/* How long the slowest domain takes over this transport, and which it is; 0: none has a rate. */
int64_t send_domains_slowest_ms(const struct send_domains *d, const struct transport *t,
                                const struct send_domain **out);

#endif
