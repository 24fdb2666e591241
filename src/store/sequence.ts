import { mongo } from 'mongoose'
import { SEQUENCES_PER_SECOND } from '../domain/ordering'

/**
 * Asks MongoDB to number a record as it inserts it: of an empty timestamp in a new document it makes its
 * logical time, which moves on at every insert, goes over to the next primary, and never goes back
 * (manual, "Timestamps"). So whatever is inserted after another record was acknowledged has a higher
 * number, whichever process does it, and no clock of ours is asked.
 */
export const toBeNumbered = (): mongo.Timestamp => new mongo.Timestamp({ t: 0, i: 0 })

/** The logical time (a second, and a count within it) as a whole number that JSON can hold. */
export const toSequence = ({ t, i }: mongo.Timestamp): number => t * SEQUENCES_PER_SECOND + i
