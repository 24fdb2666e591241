/** The "bad ports" of the WHATWG Fetch Standard: what browsers call on no account. */
const BAD_PORTS = [
  0, 1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 77, 79, 87, 95, 101, 102, 103, 104, 109, 110, 111, 113, 115, 117, 119,
  123, 135, 137, 139, 143, 161, 179, 389, 427, 465, 512, 513, 514, 515, 526, 530, 531, 532, 540, 548, 554, 556, 563, 587, 601, 636, 989, 990,
  993, 995, 1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060, 5061, 6000, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697, 10080,
]

/** Databases, queues, remote desktops and control planes, which browsers do not know and no receiver listens on. */
const SERVICES = [
  88, 445, 873, 1080, 1433, 1434, 1521, 1883, 2181, 2375, 2376, 2379, 2380, 3306, 3389, 5432, 5671, 5672, 5900, 6379, 7233, 9042, 9092, 10250,
  10255, 11211, 26257, 27017, 27018, 27019,
]

const NO_WEB = new Set([...BAD_PORTS, ...SERVICES])

/** Whether a port is known to be that of something else than a web server. */
export const isNoWebPort = (port: number): boolean => NO_WEB.has(port)
