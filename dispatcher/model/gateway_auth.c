#include "model/gateway_auth.h"

#include <stdlib.h>

#include "base/attributes.h"

void gateway_auth_free(struct gateway_auth *auth)
{
    char *const texts[] = {auth->user,    auth->password,   auth->token,     auth->name,
                           auth->value,   auth->key,        auth->data,      auth->region,
                           auth->service, auth->access_key, auth->secret_key};
    for (size_t i = 0; i < COUNT_OF(texts); i++)
        free(texts[i]);
    gateway_node_free(&auth->headers);
    *auth = (struct gateway_auth){0};
}
