/*
 * Which addresses a request may be sent to unless its destination says otherwise: the public ones.
 * Asked after the name was resolved and before anything is connected, per address, so that no
 * spelling of a URL and no answer of a name server gets around it. Sources: the IANA
 * special-purpose address registries (RFC 6890 and successors).
 */
#ifndef CHANNEL_ADDRESS_FILTER_H
#define CHANNEL_ADDRESS_FILTER_H

#include <stdbool.h>
#include <stddef.h>

struct sockaddr;

/* False for private, loopback, link-local, multicast, documentation, translated and reserved
 * addresses, and for everything that is neither IPv4 nor IPv6. */
bool address_filter_is_public(const struct sockaddr *address, size_t len);

#endif
