#include "channel/address_filter.h"

#include <stdint.h>
#include <string.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "base/attributes.h"

struct v4_range {
    unsigned char prefix[4];
    unsigned bits;
};

struct v6_range {
    unsigned char prefix[16];
    unsigned bits;
};

static const struct v4_range reserved_v4[] = {
    {{0}, 8},             /* this network */
    {{10}, 8},            /* private */
    {{100, 64}, 10},      /* carrier-grade NAT */
    {{127}, 8},           /* loopback */
    {{169, 254}, 16},     /* link-local, cloud metadata */
    {{172, 16}, 12},      /* private */
    {{192, 0, 0}, 24},    /* protocol assignments */
    {{192, 0, 2}, 24},    /* documentation */
    {{192, 88, 99}, 24},  /* 6to4 relays */
    {{192, 168}, 16},     /* private */
    {{198, 18}, 15},      /* benchmarking */
    {{198, 51, 100}, 24}, /* documentation */
    {{203, 0, 113}, 24},  /* documentation */
    {{224}, 4},           /* multicast */
    {{240}, 4},           /* reserved, broadcast */
};

static const struct v6_range reserved_v6[] = {
    {{0}, 96},                            /* ::, ::1 and the old IPv4-compatible form */
    {{0x00, 0x64, 0xff, 0x9b}, 96},       /* IPv4 translated */
    {{0x00, 0x64, 0xff, 0x9b, 0, 1}, 48}, /* the same, local use */
    {{0x01}, 64},                         /* discard */
    {{0x20, 0x01, 0, 0}, 32},             /* Teredo: carries an IPv4 address */
    {{0x20, 0x01, 0x0d, 0xb8}, 32},       /* documentation */
    {{0x20, 0x02}, 16},                   /* 6to4: carries an IPv4 address */
    {{0x3f, 0xff}, 20},                   /* documentation */
    {{0x5f}, 16},                         /* segment routing */
    {{0xfc}, 7},                          /* unique local, cloud metadata */
    {{0xfe, 0x80}, 10},                   /* link-local */
    {{0xfe, 0xc0}, 10},                   /* site-local, deprecated */
    {{0xff}, 8},                          /* multicast */
};

static const unsigned char v4_mapped[12] = {[10] = 0xff, [11] = 0xff};

static bool starts_with_bits(const unsigned char *address, const unsigned char *prefix,
                             unsigned bits)
{
    size_t whole = bits / 8;
    unsigned rest = bits % 8;
    if (memcmp(address, prefix, whole) != 0)
        return false;
    return rest == 0 || address[whole] >> (8 - rest) == prefix[whole] >> (8 - rest);
}

static bool is_public_v4(const unsigned char address[4])
{
    for (size_t i = 0; i < COUNT_OF(reserved_v4); i++) {
        if (starts_with_bits(address, reserved_v4[i].prefix, reserved_v4[i].bits))
            return false;
    }
    return true;
}

static bool is_public_v6(const unsigned char address[16])
{
    if (memcmp(address, v4_mapped, sizeof(v4_mapped)) == 0)
        return is_public_v4(address + sizeof(v4_mapped));
    for (size_t i = 0; i < COUNT_OF(reserved_v6); i++) {
        if (starts_with_bits(address, reserved_v6[i].prefix, reserved_v6[i].bits))
            return false;
    }
    return true;
}

bool address_filter_is_public(const struct sockaddr *address, size_t len)
{
    if (address->sa_family == AF_INET && len >= sizeof(struct sockaddr_in)) {
        struct sockaddr_in v4;
        memcpy(&v4, address, sizeof(v4));
        unsigned char bytes[4];
        memcpy(bytes, &v4.sin_addr, sizeof(bytes));
        return is_public_v4(bytes);
    }
    if (address->sa_family == AF_INET6 && len >= sizeof(struct sockaddr_in6)) {
        struct sockaddr_in6 v6;
        memcpy(&v6, address, sizeof(v6));
        return is_public_v6(v6.sin6_addr.s6_addr);
    }
    return false;
}
