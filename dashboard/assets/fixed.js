// Parts of a page that never change, put in as the text that they are: dashboard/still_html.py made and escaped it.
(function () {
  "use strict";
  window.hepatrend = Object.assign(window.hepatrend || {}, {
    Fixed: (props) => window.React.createElement(
      props.tag, Object.assign({}, props.attributes, { dangerouslySetInnerHTML: { __html: props.html } })
    ),
  });
})();
