// Before the first paint: the theme, text size and language that this person chose on this device.
;(function () {
  var root = document.documentElement
  var prefs = {}
  try {
    prefs = JSON.parse(localStorage.getItem('prefs') || '{}') || {}
  } catch (e) {
    /* storage may be closed to us; the defaults stand */
  }
  root.dataset.theme = root.dataset.face === 'display' ? 'dark' : prefs.theme || 'light'
  root.dataset.text = prefs.text || 'normal'
  var spoken = prefs.lang || (/^zh/i.test(navigator.language || '') ? 'zh-CN' : 'en')
  root.lang = spoken
  // No word of the page can be said before that language's are there.
  var words = document.currentScript.getAttribute('data-words-' + spoken.toLowerCase())
  if (words) {
    var script = document.createElement('script')
    script.type = 'module'
    script.src = words
    document.head.appendChild(script)
  }
})()
