/*
 * Secrets stand outside the configuration: in a file, the environment, or systemd's credentials. A
 * reference is a map with exactly one member: {file: PATH}, {env: NAME} or {credential: NAME}.
 */
#ifndef CONFIG_SECRET_H
#define CONFIG_SECRET_H

#include <stdbool.h>

#include "base/error.h"
#include "base/yaml.h"

enum secret_form {
    SECRET_LINE, /* one line */
    SECRET_PEM   /* a private key as PEM: `-----BEGIN ... PRIVATE KEY-----` to its end */
};

/* Is it a map with a member file, env or credential (right or wrong otherwise)? */
bool secret_is_reference(const struct yaml_node *node);
/*
 * Reads what `node` refers to; paths are relative to `directory` (NULL: the working directory).
 * ERR_CONFIG with what is wrong and what to write, without position and never with any part of the
 * secret. A file must be ours or root's with mode 0600, 0400, 0640 or 0440; one newline at its end
 * is cut. With `dry` only the reference is checked and *out becomes "". Caller frees with free().
 */
MUST_CHECK int secret_resolve(const struct yaml_node *node, const char *directory,
                              enum secret_form form, bool dry, char **out, struct error *err);

#endif
