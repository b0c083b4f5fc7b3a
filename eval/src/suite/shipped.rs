//! The task files and the groups file that come with the program.

/// Files of the repository with their texts.
macro_rules! files {
    ($($file:literal,)*) => {
        &[$(($file, include_str!(concat!("../../", $file)))),*]
    };
}

/// Texts of the task files with their names, in the order in which groups list their members.
pub(super) const TASKS: &[(&str, &str)] = files![
    // DataComp's, in its order.
    "tasks/static/caltech101.toml",
    "tasks/static/cifar10.toml",
    "tasks/static/cifar100.toml",
    "tasks/static/clevr_count_all.toml",
    "tasks/static/clevr_closest_object_distance.toml",
    "tasks/static/country211.toml",
    "tasks/static/dtd.toml",
    "tasks/static/eurosat.toml",
    "tasks/static/fgvc_aircraft.toml",
    "tasks/static/food101.toml",
    "tasks/static/gtsrb.toml",
    "tasks/static/imagenet1k.toml",
    "tasks/static/imagenet_sketch.toml",
    "tasks/static/imagenetv2.toml",
    "tasks/static/imagenet-a.toml",
    "tasks/static/imagenet-o.toml",
    "tasks/static/imagenet-r.toml",
    "tasks/static/kitti_closest_vehicle_distance.toml",
    "tasks/static/mnist.toml",
    "tasks/static/objectnet.toml",
    "tasks/static/flowers.toml",
    "tasks/static/pets.toml",
    "tasks/static/voc2007.toml",
    "tasks/static/pcam.toml",
    "tasks/static/renderedsst2.toml",
    "tasks/static/resisc45.toml",
    "tasks/static/cars.toml",
    "tasks/static/stl10.toml",
    "tasks/static/sun397.toml",
    "tasks/static/svhn.toml",
    "tasks/static/flickr30k.toml",
    "tasks/static/mscoco_captions.toml",
    "tasks/static/winogavil.toml",
    "tasks/static/iwildcam.toml",
    "tasks/static/camelyon17.toml",
    "tasks/static/fmow.toml",
    "tasks/static/dollar_street.toml",
    "tasks/static/geode.toml",
    // More of CLIP_benchmark's.
    "tasks/static/voc2007_multilabel.toml",
    "tasks/static/fer2013.toml",
    "tasks/static/diabetic_retinopathy.toml",
    "tasks/static/dmlab.toml",
    "tasks/static/dsprites_label_orientation.toml",
    "tasks/static/dsprites_label_x_position.toml",
    "tasks/static/dsprites_label_y_position.toml",
    "tasks/static/smallnorb_label_azimuth.toml",
    "tasks/static/smallnorb_label_elevation.toml",
    "tasks/static/flickr8k.toml",
    // One set a time step.
    "tasks/dynamic/retrieval.toml",
    "tasks/dynamic/classification.toml",
    "tasks/dynamic/tic-datacomp-retrieval.toml",
    "tasks/dynamic/tic-datacomp-net.toml",
    "tasks/dynamic/tic-yfcc-retrieval.toml",
    "tasks/dynamic/tic-redcaps-retrieval.toml",
    "tasks/dynamic/tic-datacomp-retrieval-monthly.toml",
    "tasks/dynamic/tic-datacomp-net-monthly.toml",
];

/// Text of the groups file with its name.
pub(super) const GROUPS: (&str, &str) =
    ("tasks/groups.toml", include_str!("../../tasks/groups.toml"));

#[cfg(test)]
mod tests;
