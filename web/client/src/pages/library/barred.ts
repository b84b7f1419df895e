/** What was there to be looked at may be so no more: a link is over, a right was taken back, or it was removed. */

import { api } from '../../net/api'
import { Problem } from '../../net/request'

/** Why it is, in the place of what the server says of one who comes anew; undefined of what has another reason. */
export function barred(fault: unknown, byLink: boolean): unknown {
  if (!(fault instanceof Problem)) return undefined
  if (fault.status === 404 || (byLink && fault.status === 401)) return { code: byLink ? 'link_over' : 'withdrawn' }
  return fault.status === 401 ? fault : undefined
}

/** Something of it did not come: why, where that is known. */
export const askWhy = ({ id, by_link: byLink = false }: { id: string; by_link?: boolean }): Promise<unknown> =>
  api.resource(id).then(
    () => undefined,
    (fault: unknown) => barred(fault, byLink),
  )
