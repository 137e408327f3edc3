_base_ = './pspnet.py'

_base_.train_cfg.max_iters *= 2
_base_.param_scheduler[-1].update(end=_base_.train_cfg.max_iters)
del _base_.model.backbone.norm_cfg
num_classes = _base_.model.decode_head.num_classes
work_dir = './work_dirs/{{ fileBasenameNoExtension }}'
