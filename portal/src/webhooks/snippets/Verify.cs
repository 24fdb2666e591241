using System;
using System.Linq;
using System.Security.Cryptography;
using System.Text;

static class Verify
{
    /// <summary>body: the request's body as it came, not parsed.</summary>
    public static bool IsFromHerald(string secret, Func<string, string> header, byte[] body)
    {
        var (id, timestamp) = (header("webhook-id"), header("webhook-timestamp"));
        if (Math.Abs(DateTimeOffset.UtcNow.ToUnixTimeSeconds() - long.Parse(timestamp)) > 300) return false;
        var key = Convert.FromBase64String(secret.StartsWith("whsec_") ? secret.Substring(6) : secret);
        var signed = Encoding.UTF8.GetBytes($"{id}.{timestamp}.").Concat(body).ToArray();
        using (var mac = new HMACSHA256(key))
        {
            var expected = Encoding.UTF8.GetBytes("v1," + Convert.ToBase64String(mac.ComputeHash(signed)));
            return header("webhook-signature").Split(' ')
                .Any(signature => CryptographicOperations.FixedTimeEquals(expected, Encoding.UTF8.GetBytes(signature)));
        }
    }
}
