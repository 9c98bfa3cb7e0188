#include "operator/command_list.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/attributes.h"
#include "base/digest.h"
#include "base/file.h"
#include "base/id.h"
#include "base/text.h"
#include "channel/signature.h"
#include "cli/say.h"
#include "operator/endpoint.h"

/* ---- new */

static void draw_bytes(unsigned char *out, size_t size)
{
    for (size_t i = 0; i < size; i += sizeof(uint64_t)) {
        uint64_t bits = random_bits();
        memcpy(out + i, &bits, size - i < sizeof(bits) ? size - i : sizeof(bits));
    }
}

/* Only its owner can read it, from the first byte on, and what is there is kept: it may be in use.
 */
static int write_secret(const char *path, const struct buf *secret, struct error *err)
{
    const char *slash = strrchr(path, '/'), *name = slash != NULL ? slash + 1 : path;
    struct buf directory = {0}, line = {0};
    buf_put(&directory, slash != NULL ? path : ".", slash != NULL ? (size_t)(name - path) : 1);
    buf_printf(&line, "%s\n", buf_text(secret));
    int dirfd = file_open_directory(buf_text(&directory), err);
    int rc = dirfd < 0 ? dirfd : file_publish_secret(dirfd, dirfd, name, line.data, line.len, err);
    if (dirfd >= 0)
        close(dirfd);
    if (rc == ERR_CONFLICT)
        error_set(err, rc, "%s is already there and may be in use: nothing was written", path);
    buf_free(&directory);
    buf_free(&line);
    return rc;
}

static void print_json(const char *member, const char *text, const struct buf *public_key)
{
    struct buf out = {0};
    buf_printf(&out, "{\"v\":1,\"%s\":", member);
    buf_put_json(&out, text);
    if (public_key != NULL) {
        buf_puts(&out, ",\"public_key\":");
        buf_put_json(&out, buf_text(public_key));
    }
    printf("%s}\n", buf_text(&out));
    buf_free(&out);
}

/* Without a file the secret alone goes to standard output. */
static int hand_over(const struct invocation *inv, const char *member, const struct buf *secret,
                     const struct buf *public_key, struct error *err)
{
    const char *path = option_value(inv, "out");
    int rc = path != NULL ? write_secret(path, secret, err) : 0;
    if (rc != 0)
        return rc;
    if (invocation_json(inv)) {
        print_json(path != NULL ? "file" : member, path != NULL ? path : buf_text(secret),
                   public_key);
        return 0;
    }
    if (path != NULL)
        say(inv, stdout, "%s is written; only its owner can read it. The daemon must be able to.\n",
            path);
    else
        printf("%s\n", buf_text(secret));
    if (public_key != NULL)
        say(inv, stderr, "For the receiver, no secret: %s\n", buf_text(public_key));
    return 0;
}

static int make_key(const struct invocation *inv, struct error *err)
{
    unsigned char seed[ED25519_SEED_SIZE];
    struct buf secret = {0}, public_key = {0};
    draw_bytes(seed, sizeof(seed));
    struct ed25519 *key = ed25519_open(seed);
    signature_put_key(&secret, seed);
    signature_put_public(&public_key, key);
    int rc = hand_over(inv, "signing_key", &secret, &public_key, err);
    ed25519_close(key);
    buf_free(&secret);
    buf_free(&public_key);
    return rc;
}

static int make_secret(const struct invocation *inv, struct error *err)
{
    unsigned char bytes[32];
    struct buf secret = {0};
    draw_bytes(bytes, sizeof(bytes));
    buf_puts(&secret, "whsec_");
    base64_put(&secret, bytes, sizeof(bytes));
    int rc = hand_over(inv, "secret", &secret, NULL, err);
    buf_free(&secret);
    return rc;
}

/* ---- show-public */

static int print_public(const struct invocation *inv, const struct endpoint *e, struct error *err)
{
    struct ed25519 *key;
    struct buf public_key = {0}, out = {0};
    if (e->signing_key == NULL)
        return error_set(err, ERR_NOT_FOUND,
                         "the endpoint %s has no signing_key; make one with `dispatcher endpoint "
                         "secret new --ed25519`",
                         e->name);
    int rc = signature_open_key(e->signing_key, &key, err);
    if (rc != 0)
        return rc;
    signature_put_public(&public_key, key);
    if (invocation_json(inv)) {
        buf_puts(&out, "{\"v\":1,\"endpoint\":");
        buf_put_json(&out, e->name);
        buf_printf(&out, ",\"public_key\":\"%s\"}", buf_text(&public_key));
    } else {
        buf_puts(&out, buf_text(&public_key));
    }
    printf("%s\n", buf_text(&out));
    ed25519_close(key);
    buf_free(&public_key);
    buf_free(&out);
    return 0;
}

static int show_public(const struct invocation *inv, const char *name, struct error *err)
{
    struct settings *s = NULL;
    const struct endpoint *e;
    int rc = invocation_load_settings(inv, true, &s, err);
    if (rc != 0)
        return rc;
    rc = endpoint_find(s, name, &e, err);
    if (rc == 0)
        rc = print_public(inv, e, err);
    settings_free(s);
    free(s);
    return rc;
}

static int run(const struct invocation *inv, struct error *err)
{
    const char *what = argument_at(inv, 0), *name = argument_at(inv, 1);
    if (text_equal(what, "show-public") && name != NULL)
        return show_public(inv, name, err);
    if (!text_equal(what, "new") || name != NULL)
        return error_set(err, ERR_USAGE,
                         "say `endpoint secret new`, `endpoint secret new --ed25519` or `endpoint "
                         "secret show-public ENDPOINT`");
    return option_given(inv, "ed25519") ? make_key(inv, err) : make_secret(inv, err);
}

static const struct option_row options[] = {
    {"ed25519", 0, NULL, "a key of which the receiver only needs the public half"},
    {"out", 'o', "FILE", "write it there with mode 0600; what is there already is not overwritten"},
};

const struct command command_endpoint_secret = {
    .name = "endpoint secret",
    .arguments = "new | show-public ENDPOINT",
    .summary = "make a secret for signing webhooks, or show the public half of one",
    .details =
        "  dispatcher endpoint secret new --out /etc/dispatcher/secrets/shop\n"
        "  dispatcher endpoint secret new --ed25519 --out /etc/dispatcher/secrets/shop-key\n"
        "  dispatcher endpoint secret show-public shop\n\n"
        "`new` prints whsec_..., which you and the receiver share (secret: at the endpoint), or\n"
        "whsk_..., which only you have (signing_key:); the receiver verifies with whpk_... and "
        "cannot\n"
        "sign with it. A file of `>` can be read by everybody and is refused by the daemon: say "
        "--out FILE,\n"
        "as the user the daemon runs as. Nothing else is stored.\n\n"
        "To replace a secret, let the file of `secret` hold the new one, and old_secret the one "
        "before with\n"
        "its last day (old_secret_until). Until then both sign, and receivers may change over "
        "when they like.\n\n"
        "JSON, one object: v, secret or signing_key (file with --out) with public_key; v, "
        "endpoint, public_key.",
    .options = options,
    .option_count = COUNT_OF(options),
    .arguments_min = 1,
    .arguments_max = 2,
    .run = run,
};
