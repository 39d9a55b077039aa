/** What people type, brought to the one form that is hashed. */
import { randomInt } from 'node:crypto'
import { isHandle } from '@isthmus/runtime/address'

/**
 * The digits of E.164 from a number with or without plus, spaces, dots, dashes and parentheses;
 * undefined if it can't be one.
 */
export const canonicalPhone = (text: string): string | undefined => {
  if (!/^\+?[0-9 ().-]+$/.test(text)) return undefined
  const digits = text.replace(/[^0-9]/g, '')
  return isHandle('whatsapp', digits) ? digits : undefined
}

/** Lower case, NFC; undefined if it is not of the form local@domain. */
export const canonicalEmail = (text: string): string | undefined => {
  const email = text.trim().normalize('NFC').toLowerCase()
  return /^[^\s@\p{C}]{1,64}@[^\s@\p{C}]{3,190}$/u.test(email) ? email : undefined
}

const MAX_STEM = 40

/**
 * A handle for Messenger made from a name: `ada.lovelace`, then `ada.lovelace.4821` and so on.
 * @param attempt 0 for the plain form, if the name gives one.
 */
export const handleFromName = (name: string, attempt: number): string => {
  const stem = name
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '.')
    .replace(/^\.+|\.+$/g, '')
    .slice(0, MAX_STEM)
  if (attempt === 0 && isHandle('messenger', stem)) return stem
  return `${stem || 'person'}.${randomInt(1_000, 10 ** Math.min(4 + attempt, 9))}`
}
