<?php

/** $publicKey is whpk_…; $body is the request's body as it came: file_get_contents('php://input'). */
function is_from_herald(string $publicKey, array $headers, string $body): bool
{
    $id = $headers['webhook-id'];
    $timestamp = $headers['webhook-timestamp'];
    if (abs(time() - (int) $timestamp) > 300) {
        return false;
    }
    $key = base64_decode(preg_replace('/^whpk_/', '', $publicKey));
    foreach (explode(' ', $headers['webhook-signature']) as $signature) {
        if (!str_starts_with($signature, 'v1a,')) {
            continue;
        }
        $bytes = base64_decode(substr($signature, 4));
        if (strlen($bytes) === SODIUM_CRYPTO_SIGN_BYTES && sodium_crypto_sign_verify_detached($bytes, "$id.$timestamp.$body", $key)) {
            return true;
        }
    }
    return false;
}
