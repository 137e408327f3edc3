_base_ = 'template_and_alias.py'
x = dict(_delete_=True, a=1)
_base_.y.merge(dict(m=dict(_delete_=True, only=1), n=dict(_delete_=True, o=dict(_delete_=True))))
for i, d in enumerate(_base_.l):
    d['idx'] = i
l = [dict(d, extra=1) if d['type'] == 'B' else d for d in _base_.l]
k = list(_base_.y.keys())
g = _base_.get('gone', 5), _base_.y.get('m')
m = _base_.x.pop('a')
sd = _base_.y.setdefault('sd', dict(a=1))
sd['b'] = 2
up = dict(a=1)
up |= dict(b=2)
tt = sum([1, 2.5]), divmod(7, 2), round(2.567, 2), pow(2, 3), '%d%%' % 5
